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

// refusing returns the files of an export from a masked snapshot with lines that make them refuse to run before they are complete.
// AWS rejects the stand-ins of a file without such a line.
func refusing(files []File, id string) []File {
	out := slices.Clone(files)
	for i, f := range out {
		if line, ok := refusals[f.Start]; ok {
			out[i].Text = f.Start + line + inventory.MaskedLine(id) + "\n" + strings.TrimPrefix(f.Text, f.Start)
		}
	}
	return out
}
