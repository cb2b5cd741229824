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
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// maxAnswers in bytes is above the limit for an answers file, which answers.Load reports.
const maxAnswers = 1 << 20

// readAnswers reads an answers file; "-" is standard input.
func readAnswers(name string, in io.Reader) (answers.Answers, *answers.File, error) {
	if name == "" {
		return answers.Answers{}, nil, usage(errors.New("--answers FILE is missing; the wizard can save one at the last step, and the README has an example"))
	}
	data, err := readInput(name, in, maxAnswers)
	dir := filepath.Dir(name)
	if name == "-" {
		name, dir = "standard input", "."
	}
	if err != nil {
		return answers.Answers{}, nil, usage(fmt.Errorf("--answers: %w", err))
	}
	ans, file, err := answers.Load(name, data)
	if err != nil {
		return ans, file, usage(fmt.Errorf("cannot use the answers:\n%w", err))
	}
	named := ans.Service + ans.ComputeEnvironment + ans.Airflow.Environment
	if named == "" && ans.VPC == "" || ans.Workload == "" {
		var missing answers.Errors
		for _, key := range ans.Missing() {
			missing = append(missing, file.Error(key, "is missing; every plan needs it"))
		}
		return ans, file, usage(missing)
	}
	if err := readPolicies(&ans, file, dir); err != nil {
		return ans, file, usage(err)
	}
	l := &ans.Airflow.LoadBalancer
	for _, path := range []*string{&l.CertificateFile, &l.ChainFile, &l.KeyFile} {
		*path = below(dir, *path)
	}
	judgeFiles(&ans, time.Now())
	return ans, file, nil
}

// maxCertificate in bytes is well above ACM's limit for a certificate with its chain.
const maxCertificate = 4 << 20

// judgeFiles checks the files of a certificate to import. It reads the key for this check; apply
// reads it again.
func judgeFiles(ans *answers.Answers, now time.Time) {
	l := ans.Airflow.LoadBalancer
	ans.FileProblems = nil
	if l.Certificate != answers.CertificateImport {
		return
	}
	paths := map[cert.Part]string{cert.Certificate: l.CertificateFile, cert.Chain: l.ChainFile, cert.Key: l.KeyFile, cert.Domain: l.CertificateFile}
	texts := map[cert.Part]string{}
	for _, part := range []cert.Part{cert.Certificate, cert.Chain, cert.Key} {
		if paths[part] == "" {
			continue
		}
		text, err := readFile(paths[part], maxCertificate)
		if err != nil {
			ans.FileProblems = append(ans.FileProblems, answers.FileProblem{File: paths[part], Message: "Cannot read it: " + err.Error() + "."})
		}
		texts[part] = text
	}
	if len(ans.FileProblems) > 0 {
		return
	}
	for _, p := range cert.Check([]byte(texts[cert.Certificate]), []byte(texts[cert.Chain]), secret.New(texts[cert.Key]), l.Domain, now) {
		file := paths[p.Part]
		if file == "" {
			file = string(p.Part)
		}
		ans.FileProblems = append(ans.FileProblems, answers.FileProblem{File: file, Message: p.Message, Warn: p.Warn})
	}
}

// maxPolicy in bytes is well above AWS's limit for an endpoint policy, including spaces.
const maxPolicy = 64 << 10

// readPolicies reads the endpoint policy files of the answers. Their paths are relative to the
// answers file.
func readPolicies(ans *answers.Answers, file *answers.File, dir string) error {
	var bad answers.Errors
	for _, path := range ans.EndpointPolicy.Files() {
		text, err := readFile(below(dir, path), maxPolicy)
		if err == nil {
			if ans.PolicyFiles == nil {
				ans.PolicyFiles = map[string]string{}
			}
			ans.PolicyFiles[path] = text
			continue
		}
		e := file.Error(ans.EndpointPolicy.Key(path), "cannot be read: "+err.Error())
		e.Text = path
		bad = append(bad, e)
	}
	if len(bad) > 0 {
		return fmt.Errorf("cannot use the answers:\n%w", bad)
	}
	return nil
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
