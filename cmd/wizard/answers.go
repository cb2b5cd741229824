package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/cert"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// maxAnswers in bytes is above the limit for an answers file, which answers.Load reports.
const maxAnswers = 1 << 20

// readAnswers reads an answers file and the files that it references; "-" is standard input.
func readAnswers(name string, in io.Reader) (ans answers.Answers, files plan.Files, file *answers.File, err error) {
	if name == "" {
		return ans, files, nil, usage(errors.New("--answers FILE is missing; the wizard can save one at the last step, and the README has an example"))
	}
	data, err := readInput(name, in, maxAnswers)
	dir := filepath.Dir(name)
	if name == "-" {
		name, dir = "standard input", "."
	}
	if err != nil {
		return ans, files, nil, usage(fmt.Errorf("--answers: %w", err))
	}
	ans, file, err = answers.Load(name, data)
	if err != nil {
		return ans, files, file, usage(fmt.Errorf("cannot use the answers:\n%w", err))
	}
	named := ans.Service + ans.ComputeEnvironment + ans.Airflow.Environment
	if named == "" && ans.VPC == "" || ans.Workload == "" {
		var missing answers.Errors
		for _, key := range ans.Missing() {
			missing = append(missing, file.Error(key, "is missing; every plan needs it"))
		}
		return ans, files, file, usage(missing)
	}
	if files.Policies, err = readPolicies(ans.EndpointPolicy, file, dir); err != nil {
		return ans, files, file, usage(err)
	}
	l := &ans.Airflow.LoadBalancer
	for _, path := range []*string{&l.CertificateFile, &l.ChainFile, &l.KeyFile} {
		*path = below(dir, *path)
	}
	files.Problems = judgeFiles(*l, time.Now())
	return ans, files, file, nil
}

// maxCertificate in bytes is well above ACM's limit for a certificate with its chain.
const maxCertificate = 4 << 20

// judgeFiles checks the files of a certificate to import. It reads the key for this check; apply
// reads it again.
func judgeFiles(l answers.LoadBalancer, now time.Time) []plan.FileProblem {
	if l.Certificate != answers.CertificateImport {
		return nil
	}
	var out []plan.FileProblem
	paths := map[cert.Part]string{cert.Certificate: l.CertificateFile, cert.Chain: l.ChainFile, cert.Key: l.KeyFile, cert.Domain: l.CertificateFile}
	texts := map[cert.Part]string{}
	for _, part := range []cert.Part{cert.Certificate, cert.Chain, cert.Key} {
		if paths[part] == "" {
			continue
		}
		text, err := readFile(paths[part], maxCertificate)
		if err != nil {
			out = append(out, plan.FileProblem{File: paths[part], Message: "Cannot read it: " + err.Error() + "."})
		}
		texts[part] = text
	}
	if len(out) > 0 {
		return out
	}
	for _, p := range cert.Check([]byte(texts[cert.Certificate]), []byte(texts[cert.Chain]), secret.New(texts[cert.Key]), l.Domain, now) {
		file := paths[p.Part]
		if file == "" {
			file = string(p.Part)
		}
		out = append(out, plan.FileProblem{File: file, Message: p.Message, Warn: p.Warn})
	}
	return out
}

// maxPolicy in bytes is well above AWS's limit for an endpoint policy, including spaces.
const maxPolicy = 64 << 10

// readPolicies reads the endpoint policy files of the answers. Their paths are relative to the
// answers file.
func readPolicies(p answers.Policy, file *answers.File, dir string) (map[string]string, error) {
	out := map[string]string{}
	var bad answers.Errors
	for _, path := range p.Files() {
		text, err := readFile(below(dir, path), maxPolicy)
		if err == nil {
			out[path] = text
			continue
		}
		e := file.Error(p.Key(path), "cannot be read: "+err.Error())
		e.Text = path
		bad = append(bad, e)
	}
	if len(bad) > 0 {
		return nil, fmt.Errorf("cannot use the answers:\n%w", bad)
	}
	return out, nil
}

// below resolves a path in an answers file, which is relative to its folder.
func below(dir, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// readFile reads a file up to a limit in bytes.
func readFile(path string, most int64) (string, error) {
	if info, err := os.Stat(path); err != nil {
		return "", err
	} else if !info.Mode().IsRegular() { // opening a pipe would block
		return "", errors.New(path + " is not a file")
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return "", err
	}
	if int64(len(data)) > most {
		return "", fmt.Errorf("%s is larger than the limit of %d bytes", path, most)
	}
	return string(data), nil
}

// place adds the positions in the file to problems with the account.
func place(file *answers.File, problems []steps.Problem) error {
	var out answers.Errors
	for _, p := range problems {
		e := file.Error(p.Key, p.Message)
		if p.OfKey {
			e = file.ErrorOfKey(p.Key, p.Message)
		}
		e.Text = p.Text
		out = append(out, e)
	}
	return fmt.Errorf("the answers do not match the account:\n%w", out)
}
