package plan

// Instance is an EC2 instance through which people reach a web server.
type Instance struct {
	VPC       string
	Name      string // by which it is found again
	Image     string // parameter with the id of an AMI, after resolve:ssm:
	Type      string
	Subnet    string
	Groups    []Value
	KeyPair   string // empty: it takes no key
	Profile   Value  // name of an instance profile; empty: it has no role
	Public    bool   // it has a public address
	Sessions  bool   // it is reached by Session Manager; else by SSH
	Webserver string // host name of the web server that is behind it
	Region    string
	Tags      map[string]string
}

// InstanceProfile is what gives instances a role.
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
