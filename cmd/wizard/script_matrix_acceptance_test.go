//go:build acceptance

package main

import (
	"os/exec"
	"testing"
)

func init() { everyScript = true }

// TestAcceptanceScriptMatrix runs the scripts of the matrix.
func TestAcceptanceScriptMatrix(t *testing.T) { scriptMatrix(t) }

// TestAcceptanceScriptRerunsWriteNothing judges the same runs.
func TestAcceptanceScriptRerunsWriteNothing(t *testing.T) { scriptRerunsWriteNothing(t) }

// TestAcceptanceScriptCallBudget judges the same runs.
func TestAcceptanceScriptCallBudget(t *testing.T) { scriptCallBudget(t) }

// TestAcceptanceScriptUndo is TestScriptUndo with all cases.
func TestAcceptanceScriptUndo(t *testing.T) { TestScriptUndo(t) }

// TestAcceptanceScriptCheck is TestScriptCheck with all cases.
func TestAcceptanceScriptCheck(t *testing.T) { TestScriptCheck(t) }

// TestAcceptanceUnmaskedExports is TestUnmaskedExports with all cases.
func TestAcceptanceUnmaskedExports(t *testing.T) { TestUnmaskedExports(t) }

// TestAcceptanceScriptLogKeepsSecrets is TestScriptKeepsPassword and TestScriptKeepsKeys with a log and JSON.
func TestAcceptanceScriptLogKeepsSecrets(t *testing.T) {
	t.Run("password", testScriptLogKeepsPassword)
	t.Run("keys", testScriptLogKeepsKeys)
}

// TestAcceptanceScriptMatrixShellcheck checks the scripts of the matrix with shellcheck.
func TestAcceptanceScriptMatrixShellcheck(t *testing.T) {
	t.Parallel()
	args := append([]string{"--shell=bash", "--severity=style"}, scriptFiles(t, distinct(exportMatrix(t)))...)
	if out, err := exec.Command(tool(t, "shellcheck"), args...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
