package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// readAnswers reads an answers file; "-" is standard input.
func readAnswers(name string, in io.Reader) (answers.Answers, *answers.File, error) {
	if name == "" {
		return answers.Answers{}, nil, usage(errors.New("--answers FILE is missing; the wizard saves one at its end, and the README shows one"))
	}
	var data []byte
	var err error
	if name == "-" {
		name = "standard input"
		data, err = io.ReadAll(in)
	} else {
		data, err = os.ReadFile(name)
	}
	if err != nil {
		return answers.Answers{}, nil, usage(fmt.Errorf("--answers: %w", err))
	}
	ans, file, err := answers.Load(name, data)
	if err != nil {
		return ans, file, usage(fmt.Errorf("the answers cannot be used:\n%w", err))
	}
	if ans.Service == "" && ans.VPC == "" || ans.Workload == "" {
		var missing answers.Errors
		for _, key := range ans.Missing() {
			missing = append(missing, file.Error(key, "is missing, and nothing can be planned without it"))
		}
		return ans, file, usage(missing)
	}
	return ans, file, nil
}

// place gives problems with the account their places in the file.
func place(file *answers.File, problems []steps.Problem) error {
	var out answers.Errors
	for _, p := range problems {
		e := file.Error(p.Key, p.Message)
		e.Text = p.Text
		out = append(out, e)
	}
	return fmt.Errorf("the answers do not fit the account:\n%w", out)
}
