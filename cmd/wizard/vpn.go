package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/cert"
	"github.com/privatelink-wizard/privatelink-wizard/internal/disk"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
)

// room is how many bytes must be free for the files of a Client VPN. They need about 15 KB.
const room = 64 << 10

// readyToSave returns an error if a file of the plan could not be written at the end of the run, or if a file
// exists that would be kept and is another one.
func readyToSave(p *plan.Plan) error {
	for _, a := range p.Changes {
		save := a.Steps().Save
		if save == nil {
			continue
		}
		_, err := os.Stat(save.Keys)
		if client := p.Change(save.Client); err != nil && a.Op == resource.Create && !save.Given && client.Op == resource.Keep {
			err = errors.New(save.Lost) // nobody could connect to the endpoint
		} else {
			err = readyFile(save, a.Existing)
		}
		if err != nil {
			return usage(fmt.Errorf("%w. Nothing was changed", trimmed{err}))
		}
	}
	return nil
}

// readyFile creates the folder of a file, and checks that the file can be written there or is the one of an endpoint.
func readyFile(save *resource.Save, endpoint string) error {
	if err := privateFolder(filepath.Dir(save.Name)); err != nil {
		return err
	}
	config, err := os.ReadFile(save.Name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return tryToWrite(save.Name)
	case err == nil && !of(string(config), endpoint):
		return errors.New(save.Other)
	}
	return err
}

// privateFolder creates a folder for keys: only the user can open it, and git ignores what is in it. Its .gitignore
// shows that a run created it, and its mode is then set again. The user must make any other folder private.
func privateFolder(name string) error {
	if err := os.Mkdir(name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := os.Lstat(name)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is a link or not a folder. Rename it and run again", name)
	}
	const everything = "*"
	ignore := filepath.Join(name, ".gitignore")
	text, err := os.ReadFile(ignore)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if strings.TrimSpace(string(text)) == everything {
		_ = os.Chmod(name, 0o700) // the mode decides
		if info, err = os.Lstat(name); err != nil {
			return err
		}
	}
	if info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" { // Windows has no such modes
		return fmt.Errorf("other users can open the folder %s. Run chmod 700 %[1]s, or rename the folder, and run again", name)
	}
	if len(text) == 0 { // of a new folder, or of a run that was killed
		return os.WriteFile(ignore, []byte(everything+"\n"), privateMode)
	}
	return nil
}

// trimmed is an error without the period at its end.
type trimmed struct{ error }

func (t trimmed) Error() string { return strings.TrimSuffix(t.error.Error(), ".") }

func (t trimmed) Unwrap() error { return t.error }

// of reports whether a configuration of a client is the one of a Client VPN endpoint.
func of(config, endpoint string) bool {
	return endpoint != "" && strings.Contains("."+cert.Remote(config)+".", "."+endpoint+".")
}

// tryToWrite checks that a file can be written next to this one.
func tryToWrite(name string) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".wizard-*")
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", name, err)
	}
	defer os.Remove(f.Name())
	if err := disk.Fill(f, make([]byte, room)); err != nil {
		return fmt.Errorf("%s cannot be written: %w", name, err)
	}
	return nil
}

// unsentKeys matches folders with keys that a run is creating. AWS has received none of them.
const unsentKeys = ".keys.*"

// vpnFiles returns the certificates and keys of a Client VPN, which are in a folder. If the folder does not exist,
// they are created. They cannot be had again, so they are on the disk before AWS receives them.
func vpnFiles(folder, label string) (map[string]secret.Text, error) {
	files, err := readVPN(folder)
	if !errors.Is(err, fs.ErrNotExist) {
		return files, err
	}
	v, err := cert.MakeVPN(label, time.Now(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("creating certificates: %w", err)
	}
	parts, err := os.MkdirTemp(filepath.Dir(folder), unsentKeys) // mode 0700
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(parts)
	for name, text := range v.Files() {
		if err := writeNew(filepath.Join(parts, name), []byte(text.Reveal()), privateMode); err != nil {
			return nil, err
		}
	}
	syncFolder(parts)
	if err := os.Rename(parts, folder); err != nil {
		return nil, err
	}
	syncFolder(filepath.Dir(folder))
	return v.Files(), nil
}

// readVPN reads the folder with the certificates and keys of a Client VPN. Its error is fs.ErrNotExist only if the
// folder does not exist.
func readVPN(folder string) (map[string]secret.Text, error) {
	if _, err := os.Stat(folder); err != nil {
		return nil, err
	}
	out := map[string]secret.Text{}
	for name := range (cert.VPN{}).Files() {
		text, err := readFile(filepath.Join(folder, name), maxCertificate)
		if err != nil {
			return nil, fmt.Errorf("the folder %s is not complete: %v. Add the file, or rename the folder to create new certificates", folder, err)
		}
		out[name] = secret.New(text)
	}
	if _, err := cert.ReadVPN(out, time.Now()); err != nil {
		return nil, fmt.Errorf("the folder %s cannot be used: %w. Rename the folder to create new certificates", folder, err)
	}
	return out, nil
}

// syncFolder makes the names in a folder durable. Not all systems can do this, so an error is not one of the file.
func syncFolder(name string) {
	if d, err := os.Open(name); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}

// saveFile writes the configuration of an OpenVPN client, with the certificate and key that the folder of new
// certificates contains. That folder is then no longer needed. A complete file is kept.
func saveFile(f run.File) (texts []string, complete bool) {
	config, err := os.ReadFile(f.Name)
	earlier, _ := os.ReadFile(filepath.Base(f.Name))
	known, unread := readVPN(f.Keys)
	certificate, key := known["client.pem"].Reveal(), known["client.key"]
	imported := certificate != "" && cert.HasSerial(certificate, f.Number)
	switch {
	case err == nil && !of(string(config), f.Endpoint):
		return []string{f.Other}, false
	case err == nil && !f.Given && !cert.HasKey(string(config)):
		return []string{f.Lost}, false
	case err == nil:
		if imported && strings.Contains(string(config), strings.TrimSpace(key.Reveal())) { // that run was killed
			removeVPN(f.Keys)
		}
		return []string{f.Kept, f.Then}, true
	case !errors.Is(err, fs.ErrNotExist):
		return []string{err.Error() + "."}, false
	case of(string(earlier), f.Endpoint) && cert.HasKey(string(earlier)):
		return []string{f.Earlier, f.Then}, true
	case f.Given && f.Config == "":
		return nil, false
	case f.Given:
		if err := writeWhole(f.Name, f.Config); err != nil {
			return []string{fmt.Sprintf("%s was not written: %v", f.Name, err)}, false
		}
		return []string{f.WithoutKey, f.Then}, true
	case f.Number == "" && errors.Is(unread, fs.ErrNotExist): // nothing was created
		return nil, false
	case f.Number != "" && !imported && errors.Is(unread, fs.ErrNotExist):
		return []string{f.Lost}, false
	case f.Number != "" && !imported && unread == nil:
		return []string{f.Lost, "The folder " + f.Keys + " contains the key of another certificate."}, false
	case unread != nil:
		return []string{unread.Error() + "."}, false
	case f.Config == "" || f.Number == "":
		return []string{f.Unfinished}, false
	}
	text, err := cert.OVPN(f.Config, certificate, key, f.Label)
	if err == nil {
		err = writeWhole(f.Name, text.Reveal())
	}
	if err != nil {
		return []string{fmt.Sprintf("%s was not written: %v", f.Name, err), f.Unfinished}, false
	}
	removeVPN(f.Keys)
	return []string{f.WithKey, f.Then}, true
}

// writeWhole writes a file that does not exist yet to a private folder. The file is complete or does not exist.
func writeWhole(name, text string) error {
	part := filepath.Join(filepath.Dir(name), "."+filepath.Base(name))
	_ = os.Remove(part) // of a run that was killed
	if err := writeNew(part, []byte(text), privateMode); err != nil {
		return err
	}
	err := os.Rename(part, name)
	syncFolder(filepath.Dir(name))
	return err
}

// removeVPN removes the folder with the certificates and keys, and those that killed runs did not complete, but nothing
// that others added.
func removeVPN(folder string) {
	for name := range (cert.VPN{}).Files() {
		_ = os.Remove(filepath.Join(folder, name))
	}
	_ = os.Remove(folder)
	parts, _ := filepath.Glob(filepath.Join(filepath.Dir(folder), unsentKeys))
	for _, part := range parts {
		_ = os.RemoveAll(part)
	}
}
