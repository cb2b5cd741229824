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

// readAnswers reads an answers file; "-" is standard input.
func readAnswers(name string, in io.Reader) (answers.Answers, *answers.File, error) {
	if name == "" {
		return answers.Answers{}, nil, usage(errors.New("--answers FILE is missing; the wizard saves one at its end, and the README shows one"))
	}
	var data []byte
	var err error
	dir := "."
	if name == "-" {
		name = "standard input"
		data, err = io.ReadAll(in)
	} else {
		dir = filepath.Dir(name)
		data, err = os.ReadFile(name)
	}
	if err != nil {
		return answers.Answers{}, nil, usage(fmt.Errorf("--answers: %w", err))
	}
	ans, file, err := answers.Load(name, data)
	if err != nil {
		return ans, file, usage(fmt.Errorf("the answers cannot be used:\n%w", err))
	}
	named := ans.Service + ans.ComputeEnvironment + ans.Airflow.Environment
	if named == "" && ans.VPC == "" || ans.Workload == "" {
		var missing answers.Errors
		for _, key := range ans.Missing() {
			missing = append(missing, file.Error(key, "is missing, and nothing can be planned without it"))
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

// maxCertificate is well above what ACM takes as a certificate with its chain.
const maxCertificate = 4 << 20

// judgeFiles finds what is wrong with the files that a certificate is imported from. The
// key is read for that, and again when it is sent.
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
			ans.FileProblems = append(ans.FileProblems, answers.FileProblem{File: paths[part], Message: "It cannot be read: " + err.Error() + "."})
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

// maxPolicy is well above what AWS takes as an endpoint policy, spaces included.
const maxPolicy = 64 << 10

// readPolicies reads the files that the answers name as endpoint policies, which
// stand beside the answers file.
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
		return fmt.Errorf("the answers cannot be used:\n%w", bad)
	}
	return nil
}

// below is a path that an answers file names, which is relative to its folder.
func below(dir, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// readFile reads a file of at most so many bytes.
func readFile(path string, most int64) (string, error) {
	if info, err := os.Stat(path); err != nil {
		return "", err
	} else if !info.Mode().IsRegular() { // opening a pipe would wait for somebody to write
		return "", errors.New(path + " is no file")
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
		return "", fmt.Errorf("%s has more than %d bytes, which no file of its kind has", path, most)
	}
	return string(data), nil
}

// place gives problems with the account their places in the file.
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
	return fmt.Errorf("the answers do not fit the account:\n%w", out)
}
