package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/cert"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
)

// typed returns the inputs of a plan that the user must type.
func typed(p *plan.Plan) []resource.Input {
	return slices.DeleteFunc(p.Inputs(), func(in resource.Input) bool { return in.File != "" })
}

// makeVPN creates the certificates and keys of a Client VPN. They exist only in memory, except
// those of the client, which are saved to its file.
func makeVPN(label string, out map[string]secret.Text) error {
	v, err := cert.MakeVPN(label, time.Now(), rand.Reader)
	if err != nil {
		return fmt.Errorf("making certificates: %w", err)
	}
	out[resource.InputVPNCA] = secret.New(v.CA)
	out[resource.InputServer], out[resource.InputServerKey] = secret.New(v.ServerCertificate), v.ServerKey
	out[resource.InputClient], out[resource.InputClientKey] = secret.New(v.ClientCertificate), v.ClientKey
	return nil
}

// saveVPN writes the configuration file of a Client VPN's client to the current folder. It adds
// the certificate and key if this run created them. An existing file is kept.
func saveVPN(given map[string]secret.Text) func(run.File) []string {
	return func(f run.File) []string {
		text, err := secret.New(f.Config), error(nil)
		switch {
		case f.Made && f.Config == "": // what cannot be had again is saved all the same
			text = secret.New("<cert>\n" + given[resource.InputClient].Reveal() + "</cert>\n<key>\n" + given[resource.InputClientKey].Reveal() + "</key>\n")
		case f.Made:
			text, err = cert.OVPN(f.Config, given[resource.InputClient].Reveal(), given[resource.InputClientKey], f.Label)
		}
		if err == nil && !text.Empty() {
			err = writeNew(f.Name, []byte(text.Reveal()), 0o600)
		}
		kept := errors.Is(err, os.ErrExist)
		switch {
		case err != nil && !kept:
			return []string{fmt.Sprintf("%s was not written: %v", f.Name, err)}
		case text.Empty():
			return nil
		}
		out := resource.ClientFileSays(f.Name, kept, f.Made)
		if f.Config == "" && !kept {
			out = append(out, "AWS did not return the configuration. Add the output of aws ec2 export-client-vpn-client-configuration --output text before the certificate and key.")
		}
		return out
	}
}

// writeNew writes a file that does not exist yet.
func writeNew(name string, data []byte, mode os.FileMode) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}
