package export

import (
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

const incomplete = "This export has stand-ins for names, because its snapshot is masked. Complete it where the legend is: wizard unmask LEGEND FILE"

// refusals are the lines that make an export from a masked snapshot refuse to run, by the start of its file. Unmask removes them.
var refusals = map[string]string{
	firstLines:     "echo '" + incomplete + "' >&2; exit 2 # ",
	firstTerraform: "masked = \"" + incomplete + "\" # ",
	firstTemplate:  "Masked: \"" + incomplete + "\" # ",
	firstImport:    "Masked: \"" + incomplete + "\" # ",
	firstReadme:    incomplete + " ",
}

// notice returns the line that shows that a report has stand-ins, and its place below the title; 0 for another file.
func notice(f File) (line string, at int) {
	if f.Mark != reportTitle {
		return "", 0
	}
	line, end := "Texts in ‹› and all account IDs are stand-ins (wizard unmask LEGEND FILE). {masked}\n", "\n"
	if f.Start == startOfHTML {
		line, end = "<p>"+strings.TrimSuffix(line, "\n")+"</p>\n", "</h1>\n"
	}
	return line, strings.Index(f.Text, end) + len(end)
}

// refusing returns the files of an export from a masked snapshot with lines that make them refuse to run before they are complete.
// AWS rejects the stand-ins of a file without such a line.
func refusing(files []File, id string) []File {
	out := slices.Clone(files)
	for i, f := range out {
		if line, at := notice(f); at > 0 {
			out[i].Text = f.Text[:at] + strings.ReplaceAll(line, "{masked}", inventory.MaskedLine(id)) + f.Text[at:]
		}
		if line, ok := refusals[f.Start]; ok {
			out[i].Text = f.Start + line + inventory.MaskedLine(id) + "\n" + strings.TrimPrefix(f.Text, f.Start)
		}
	}
	return out
}
