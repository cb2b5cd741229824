package policy

import (
	"fmt"
	"hash/fnv"
	"slices"
)

// Mark gives a policy that somebody else wrote a Sid by which Sid knows it: AWS may
// space a document its own way, so that it could not be found by its text. The mark
// stands on the last statement, behind a Sid that is there. What is no policy comes
// back as it is, and so does one that is marked, and one whose last Sid is no Sid, to
// which a mark would be no cure.
func Mark(doc string) string {
	d, err := Parse(doc)
	if err != nil || len(d.statements) == 0 || Sid(doc) != "" {
		return doc
	}
	hash := fnv.New32a()
	hash.Write([]byte(d.root.print(true)))
	mark := fmt.Sprintf("%s%08x", sidPrefix, hash.Sum32())
	last := d.statements[len(d.statements)-1]
	if !last.validSid() {
		return doc
	}
	if at := slices.Index(last.keys, "Sid"); at >= 0 {
		mark = last.sid + mark
		last.items[at] = str(mark)
	} else {
		last.keys, last.items = slices.Insert(last.keys, 0, "Sid"), slices.Insert(last.items, 0, str(mark))
	}
	return d.root.fitted()
}

// Changed are the lines of Diff that differ.
func Changed(before, after string) []string {
	return slices.DeleteFunc(Diff(before, after), func(line string) bool { return line[0] == ' ' })
}
