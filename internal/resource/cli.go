package resource

// CLI is which AWS CLI a change needs in a script.
type CLI struct {
	What               string // what older ones do not know, in the plural
	Version1, Version2 string // the first versions of the major versions 1 and 2 that know it
}

// CLI returns which AWS CLI the change needs; nil if it needs no recent one.
func (a Change) CLI() *CLI {
	if s, ok := a.Spec.(interface{ cli() *CLI }); ok && a.Op != Keep {
		return s.cli()
	}
	return nil
}
