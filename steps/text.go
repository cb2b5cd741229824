package steps

import (
	"errors"
	"fmt"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
)

// typed is the text that a step was answered with, checked by the rules of the answers
// file. Space around it is nobody's intention.
func (step *Step) typed(values []string) (string, error) {
	if len(values) != 1 {
		return "", errors.New("type one text")
	}
	v := strings.TrimSpace(values[0])
	switch {
	case v == "" && step.Empty:
		return "", nil
	case v == "":
		return "", errors.New("nothing is typed yet, and this cannot be left empty")
	}
	if err := answers.Valid(step.Key, v); err != nil {
		return "", fmt.Errorf("this %w", err)
	}
	return v, nil
}
