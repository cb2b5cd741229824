package policy

import (
	"fmt"
	"hash/fnv"
	"slices"
)

// Mark adds a Sid to a policy of the user so that Sid can identify it. AWS may change the white
// space of a document, so that its text cannot identify it. The mark is appended to the Sid of the
// last statement. A text that is not a policy is returned unchanged, and so is a marked policy, and
// one with a last statement that a mark cannot fix: it is not an object, or its Sid is invalid.
func Mark(doc string) string {
	d, err := Parse(doc)
	if err != nil || len(d.statements) == 0 || Sid(doc) != "" {
		return doc
	}
	hash := fnv.New32a()
	hash.Write([]byte(d.root.print(true)))
	mark := fmt.Sprintf("%s%08x", sidPrefix, hash.Sum32())
	last := d.statements[len(d.statements)-1]
	if last.kind != '{' || !last.validSid() {
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

// Changed returns the lines of Diff that differ.
func Changed(before, after string) []string {
	return slices.DeleteFunc(Diff(before, after), func(line string) bool { return line[0] == ' ' })
}
