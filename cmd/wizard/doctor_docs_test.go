package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCasesOfDoctorPage runs the commands of docs/doctor.md. The block behind the commands of a case is the output of the wizard doctor among them; -update
// writes it.
func TestCasesOfDoctorPage(t *testing.T) {
	page, err := filepath.Abs("../../docs/doctor.md")
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	t.Chdir(dir)
	blocks := strings.Split(string(data), "\n```")
	message, shown, cases := "", "", 0
	for i := 1; i < len(blocks); i += 2 { // what is between two fences
		kind, text, _ := strings.Cut(blocks[i], "\n")
		switch {
		case kind == "text":
			message = text
		case kind == "sh" && !strings.Contains(text, "FILE"):
			cases++
			if err := os.WriteFile(filepath.Join(dir, "message.txt"), []byte(message+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(text) {
				args := strings.Fields(line)
				code, out, errs := wizard(t, args[1:]...)
				if code != exitOK {
					t.Fatalf("%s: exit code %d\n%s%s", line, code, out, errs)
				}
				if args[1] == "doctor" {
					shown = strings.TrimRight(out, "\n")
				}
			}
		case kind == "" && shown != "":
			if text != shown && !*update {
				t.Errorf("case %d: the page has\n%s\nbut the program prints\n%s", cases, text, shown)
			}
			blocks[i], shown = "\n"+shown, ""
		}
	}
	if cases != 5 {
		t.Errorf("the page has %d cases", cases)
	}
	if *update {
		if err := os.WriteFile(page, []byte(strings.Join(blocks, "\n```")), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}
