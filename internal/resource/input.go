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

// Input is a value that the run needs and that no plan contains.
type Input struct {
	Name     string // RegistryInput
	Username string // the user of the password
	Ask      string // the question for it
	Help     string
	File     string // path of the file with the value; empty: the user types it
	// Made is set if the value does not exist before the run. It is one of the certificates and keys
	// of the Client VPN with that name, and a script creates it as File.
	Made string
}
