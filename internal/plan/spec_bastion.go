package plan

// Instance is an EC2 instance that gives people access to a web server.
type Instance struct {
	VPC       string
	Name      string // identifies it in later runs
	Image     string // parameter with the id of an AMI, after resolve:ssm:
	Type      string
	Subnet    string
	Groups    []Value
	KeyPair   string // empty: no key pair
	Profile   Value  // name of an instance profile; empty: no role
	Public    bool   // it has a public address
	Sessions  bool   // reached with Session Manager; otherwise with SSH
	Webserver string // host name of the web server
	Region    string
	Tags      map[string]string
}

// InstanceProfile gives a role to instances.
type InstanceProfile struct {
	Name string
	Role string // name
	Tags map[string]string
}

// Kind implements Spec.
func (Instance) Kind() string        { return "instance" }
func (InstanceProfile) Kind() string { return "instance-profile" }

func (s Instance) refs() []ID      { return append(refsOf(s.Groups...), refsOf(s.Profile)...) }
func (InstanceProfile) refs() []ID { return nil }

// Properties implements Spec.
func (s Instance) Properties() map[string]any {
	p := props("image_id", s.Image, "instance_type", s.Type, "subnet_id", s.Subnet, "security_group_ids", s.Groups, "key_name", s.KeyPair,
		"associate_public_ip_address", s.Public, "http_tokens", "required", "tags", s.Tags)
	if s.Profile != (Value{}) {
		p["iam_instance_profile"] = s.Profile
	}
	return p
}

// Properties implements Spec.
func (s InstanceProfile) Properties() map[string]any {
	return props("instance_profile_name", s.Name, "role_name", s.Role, "tags", s.Tags)
}
