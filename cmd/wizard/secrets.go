package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
)

// passwordVariable may contain the password of a private registry. The program removes it from
// the environment immediately, so that no other program inherits it.
const passwordVariable = "WIZARD_REGISTRY_PASSWORD"

// takePassword reads the variable and removes it.
func takePassword() secret.Text {
	s, given := os.LookupEnv(passwordVariable)
	if !given {
		return secret.Text{}
	}
	_ = os.Unsetenv(passwordVariable)
	return secret.Piped(s)
}

// readPassword reads the password from standard input, if the flag is set.
func (g *globals) readPassword() error {
	if !g.passwordStdin {
		return nil
	}
	if !g.password.Empty() {
		return usage(fmt.Errorf("--registry-password-stdin and %s both give the password; remove one of them", passwordVariable))
	}
	b, err := io.ReadAll(io.LimitReader(g.In, secret.Most+3))
	if err != nil {
		return usage(fmt.Errorf("reading the password from standard input: %w", err))
	}
	if g.password = secret.Piped(string(b)); g.password.Empty() {
		return usage(errors.New("--registry-password-stdin: standard input is empty; pipe the password in, as in: wizard apply … < FILE"))
	}
	return nil
}

// inputs returns the inputs of a run that are not in the plan, from passwords by name. It is called before the first
// call of the run, so it also checks that what cannot be had again can be saved.
func inputs(p *plan.Plan, passwords map[string]secret.Text) (map[string]secret.Text, error) {
	if err := readyToSave(p); err != nil {
		return nil, err
	}
	out, made := map[string]secret.Text{}, map[string]map[string]secret.Text{}
	for _, in := range p.Inputs() {
		if in.Made != "" {
			if made[in.Made] == nil {
				files, err := vpnFiles(path.Dir(in.File), in.Made)
				if err != nil {
					return nil, usage(err)
				}
				made[in.Made] = files
			}
			out[in.Name] = made[in.Made][path.Base(in.File)]
			continue
		}
		if in.File != "" {
			text, err := readFile(in.File, maxCertificate)
			if err != nil {
				return nil, usage(fmt.Errorf("%s: %w", in.File, err))
			}
			out[in.Name] = secret.New(text)
			continue
		}
		password, ok := passwords[in.Name]
		if !ok || password.Empty() {
			return nil, usage(fmt.Errorf("the plan writes the credentials of %s to a secret and needs the password: pipe it in with --registry-password-stdin, or set %s", in.Username, passwordVariable))
		}
		s, err := secret.Credentials(in.Username, password)
		if err != nil {
			return nil, usage(fmt.Errorf("the credentials of %s: %w", in.Username, err))
		}
		out[in.Name] = s
	}
	return out, nil
}

// passwords returns the passwords given on the command line or in the environment, by input.
func (g *globals) passwords() map[string]secret.Text {
	if g.password.Empty() {
		return nil
	}
	return map[string]secret.Text{resource.RegistryInput: g.password}
}
