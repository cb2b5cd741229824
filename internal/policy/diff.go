package policy

import "strings"

// Diff compares two policies line by line, indented and with their keys in the usual order, so that
// only real differences show. Lines with "- " or "+ " are in one policy only, lines with "  " in
// both. A comma at the end of a line does not count, because it depends on the next line. An empty
// policy is AWS's default. Text that is not JSON is compared unchanged.
func Diff(before, after string) []string {
	a, b := lines(before), lines(after)
	start := 0
	for start < len(a) && start < len(b) && same(a[start], b[start]) {
		start++
	}
	end := 0
	for end < len(a)-start && end < len(b)-start && same(a[len(a)-1-end], b[len(b)-1-end]) {
		end++
	}
	var out []string
	put := func(sign string, ls []string) {
		for _, l := range ls {
			out = append(out, sign+l)
		}
	}
	put("  ", b[:start])
	x, y := a[start:len(a)-end], b[start:len(b)-end]
	const most = 4_000_000 // no comparison of longer policies, only old and new
	if len(x)*len(y) > most {
		put("- ", x)
		put("+ ", y)
	} else {
		out = append(out, common(x, y)...)
	}
	put("  ", b[len(b)-end:])
	return out
}

func same(a, b string) bool { return strings.TrimSuffix(a, ",") == strings.TrimSuffix(b, ",") }

// lines returns the lines of the policy in its usual form.
func lines(doc string) []string {
	if strings.TrimSpace(doc) == "" {
		doc = Default
	}
	text := strings.TrimSpace(doc)
	if d, err := Parse(doc); err == nil {
		text = d.root.sorted().print(false)
	}
	return strings.Split(text, "\n")
}

// common returns the difference along the longest common subsequence of lines.
func common(x, y []string) []string {
	longest := make([][]int32, len(x)+1)
	for i := range longest {
		longest[i] = make([]int32, len(y)+1)
	}
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			if same(x[i], y[j]) {
				longest[i][j] = longest[i+1][j+1] + 1
			} else {
				longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			}
		}
	}
	var out []string
	for i, j := 0, 0; i < len(x) || j < len(y); {
		switch {
		case i < len(x) && j < len(y) && same(x[i], y[j]):
			out = append(out, "  "+y[j])
			i, j = i+1, j+1
		case i < len(x) && (j == len(y) || longest[i+1][j] >= longest[i][j+1]):
			out = append(out, "- "+x[i])
			i++
		default:
			out = append(out, "+ "+y[j])
			j++
		}
	}
	return out
}
