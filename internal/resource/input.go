package resource

// The names of the inputs with the certificates and keys that are created for a Client VPN.
const (
	InputVPNCA     = "vpn-ca"
	InputServer    = "vpn-server-certificate"
	InputServerKey = "vpn-server-key"
	InputClient    = "vpn-client-certificate"
	InputClientKey = "vpn-client-key"
)

// The names of the inputs with the files of a certificate.
const (
	InputCertificate = "certificate"
	InputChain       = "certificate-chain"
	InputKey         = "private-key"
)

// RegistryInput is the name of the input with the credentials of a private registry, in the form of
// secret.Credentials.
const RegistryInput = "registry"

// Inputs returns the inputs of the change.
func (a Change) Inputs() []Input {
	if s, ok := a.Spec.(interface{ inputs(Change) []Input }); ok {
		return s.inputs(a)
	}
	return nil
}

// Input is a value that the run needs and that no plan contains.
type Input struct {
	Name     string // RegistryInput
	Username string // the user of the password
	Ask      string // the question for it
	Help     string
	File     string // path of the file with the value; empty: the user types it
	// Made is set if the value does not exist before the run. It is then the name that the new
	// certificates are for, and the base name of File says which of the files of cert.VPN it is.
	Made string
}

// Save writes the configuration of an OpenVPN client to a file after the run. A complete file is kept.
type Save struct {
	Call
	Name  string // path of the file; only the user can read its folder
	Label string // prefix of the host in it
	// Keys is a folder in the folder of the file. It contains the certificates and keys that a run creates, from before
	// its first call until the file is complete.
	Keys   string
	Client ID   // the change of the client's certificate
	Serial Call // returns the serial number of that certificate
	Given  bool // the answers name that certificate, so that only the user has its key
	// The texts about the file: new with the key, new without it, kept because it is complete, kept in the current
	// folder, where an earlier version wrote it, and not written because a file of another endpoint exists, because no
	// key of the client's certificate exists here, or because the run did not get the configuration.
	WithKey, WithoutKey, Kept, Earlier, Other, Lost, Unfinished string

	Then string // what to do with it
}
