package resource

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/jmespath/go-jmespath"
)

// Query evaluates a JMESPath expression, as the AWS CLI's --query does.
func Query(expr string, data any) (any, error) {
	out, err := jmespath.Search(expr, data)
	if err != nil {
		return nil, fmt.Errorf("query %q: %w", expr, err)
	}
	return out, nil
}

// Found reports whether a query returned something: not null, not false, and no empty text or
// list.
func Found(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	}
	return true
}

// Text formats a result as the AWS CLI's --output text does: True and False, None for null, the
// items of a list on one line, and each list of a list on its own line.
func Text(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		if v {
			return "True"
		}
		return "False"
	case string:
		return v
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return strconv.FormatInt(int64(v), 10)
		}
		return strconv.FormatFloat(v, 'g', -1, 64)
	case []any:
		sep := "\t"
		items := make([]string, len(v))
		for i, item := range v {
			if _, nested := item.([]any); nested {
				sep = "\n"
			}
			items[i] = Text(item)
		}
		return strings.Join(items, sep)
	}
	return fmt.Sprint(v)
}
