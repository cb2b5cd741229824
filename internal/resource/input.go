package resource

// The names of the inputs with the certificates and keys that are created for a Client VPN.
const (
	InputVPNCA     = "vpn-ca"
	InputServer    = "vpn-server-certificate"
	InputServerKey = "vpn-server-key"
	InputClient    = "vpn-client-certificate"
	InputClientKey = "vpn-client-key"
)

// ClientVPNCertificate is the change that creates the certificate of a Client VPN's clients.
const ClientVPNCertificate ID = "certificate/vpn-client"

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

// Save writes the result of a call to a file after the run, unless that file exists. The result is the
// configuration of an OpenVPN client.
type Save struct {
	Call
	Name  string // of the file
	Label string // prefix of the host in it
	// Made is the change that imports the client's certificate. If this run imported it, the file
	// also contains the inputs Certificate and Key.
	Made             ID
	Certificate, Key string
	// The texts about the file: new with the key, new without it, and kept because it exists.
	WithKey, WithoutKey, Kept string
	Then                      string // what to do with it
	// NoConfig says what to do if the call returns nothing.
	NoConfig string
}
