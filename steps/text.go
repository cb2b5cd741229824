package steps

import (
	"errors"
	"fmt"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
)

// typed returns the text of the answer without spaces around it. The rules of the answers
// file must accept it.
func (step *Step) typed(values []string) (string, error) {
	if len(values) != 1 {
		return "", errors.New("type one text")
	}
	v := strings.TrimSpace(values[0])
	switch {
	case v == "" && step.Empty:
		return "", nil
	case v == "":
		return "", errors.New("must not be empty")
	}
	if err := answers.Valid(step.Key, v); err != nil {
		return "", fmt.Errorf("this %w", err)
	}
	return v, nil
}
