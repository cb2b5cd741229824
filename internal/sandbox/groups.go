package sandbox

import (
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

type describeGroupsIn struct {
	describeIn
	GroupIds   []string `ec2:"GroupId"`
	GroupNames []string `ec2:"GroupName"`
}

type describeGroupsOut struct {
	SecurityGroups []shownGroup `ec2:"securityGroupInfo"`
	NextToken      string
}

type shownGroup struct {
	securityGroup
	IpPermissions       []ipPermission
	IpPermissionsEgress []ipPermission
}

// ipPermission is the older format of rules: all sources with the same protocol and ports
// together.
type ipPermission struct {
	IpProtocol       string `ec2:",required"`
	FromPort         *int32
	ToPort           *int32
	UserIdGroupPairs []groupPair `ec2:"groups"`
	IpRanges         []ipRange
	Ipv6Ranges       []ipv6Range
	PrefixListIds    []prefixListSource
}

type groupPair struct {
	Description            string
	UserId                 string
	GroupName              string
	GroupId                string
	VpcId                  string
	VpcPeeringConnectionId string
	PeeringStatus          string
}

type ipRange struct {
	CidrIp      string
	Description string
}

type ipv6Range struct {
	CidrIpv6    string
	Description string
}

type prefixListSource struct {
	PrefixListId string
	Description  string
}

// ruleFilter returns the value function of a filter on a field of the rules of one direction.
func ruleFilter(egress bool, path string) func(*securityGroup) []string {
	read := reader(reflect.TypeFor[[]*groupRule](), strings.Split(path, "."))
	return func(g *securityGroup) []string {
		rules := slices.DeleteFunc(slices.Clone(g.Rules), func(rule *groupRule) bool { return rule.IsEgress != egress })
		return read(reflect.ValueOf(rules))
	}
}

var groupKind = func() *kind[*securityGroup] {
	k := &kind[*securityGroup]{
		ids: idGroup, tags: func(g *securityGroup) store.Tags { return g.Tags }, min: 5, max: 1000,
		filters: `group-id group-name description vpc-id owner-id`, more: map[string]func(*securityGroup) []string{},
	}
	for name, path := range map[string]string{
		"cidr": "CidrIpv4", "ipv6-cidr": "CidrIpv6", "prefix-list-id": "PrefixListId", "protocol": "IpProtocol", "from-port": "FromPort", "to-port": "ToPort",
		"group-id": "ReferencedGroupInfo.GroupId",
	} {
		k.more["ip-permission."+name] = ruleFilter(false, path)
		k.more["egress.ip-permission."+name] = ruleFilter(true, path)
	}
	return k
}()

// describeSecurityGroups finds GroupNames only in the default VPC.
func (r *region) describeSecurityGroups(in describeGroupsIn) (describeGroupsOut, *wire.Error) {
	for _, name := range in.GroupNames {
		i := slices.IndexFunc(r.groups.List, func(g *securityGroup) bool { return g.GroupName == name && r.vpcs.ByID[g.VpcId].IsDefault })
		if i < 0 {
			return describeGroupsOut{}, wire.Fail("InvalidGroup.NotFound", "The security group '%s' does not exist in default VPC", name)
		}
		in.GroupIds = append(in.GroupIds, r.groups.List[i].GroupId)
	}
	found, next, err := list(groupKind, &r.groups, in.query(in.GroupIds))
	out := describeGroupsOut{NextToken: next}
	for _, g := range found {
		out.SecurityGroups = append(out.SecurityGroups, shownGroup{*g, permissions(g.Rules, false), permissions(g.Rules, true)})
	}
	return out, err
}

func permissions(rules []*groupRule, egress bool) []ipPermission {
	var all []ipPermission
	for _, rule := range rules {
		if rule.IsEgress != egress {
			continue
		}
		i := slices.IndexFunc(all, func(p ipPermission) bool {
			return p.IpProtocol == rule.IpProtocol && (p.FromPort == nil || *p.FromPort == rule.FromPort && *p.ToPort == rule.ToPort)
		})
		if i < 0 {
			p := ipPermission{IpProtocol: rule.IpProtocol}
			if rule.IpProtocol != "-1" {
				p.FromPort, p.ToPort = &rule.FromPort, &rule.ToPort
			}
			all, i = append(all, p), len(all)
		}
		p := &all[i]
		switch {
		case rule.CidrIpv4 != "":
			p.IpRanges = append(p.IpRanges, ipRange{rule.CidrIpv4, rule.Description})
		case rule.CidrIpv6 != "":
			p.Ipv6Ranges = append(p.Ipv6Ranges, ipv6Range{rule.CidrIpv6, rule.Description})
		case rule.PrefixListId != "":
			p.PrefixListIds = append(p.PrefixListIds, prefixListSource{rule.PrefixListId, rule.Description})
		default:
			p.UserIdGroupPairs = append(p.UserIdGroupPairs, groupPair{
				GroupId: rule.ReferencedGroupInfo.GroupId, UserId: rule.ReferencedGroupInfo.UserId, Description: rule.Description,
			})
		}
	}
	return all
}

type rulesOut struct {
	Return             bool        `ec2:",omitempty"`
	SecurityGroupRules []groupRule `ec2:"securityGroupRuleSet"`
	NextToken          string
}

var ruleKind = &kind[*groupRule]{
	ids: idGroupRule, tags: func(r *groupRule) store.Tags { return r.Tags }, min: 5, max: 1000,
	filters: `group-id security-group-rule-id`,
}

func (r *region) groupRules() *store.Table[groupRule] {
	rules := &store.Table[groupRule]{}
	for _, g := range r.groups.List {
		for _, rule := range g.Rules {
			rules.Add(rule.SecurityGroupRuleId, rule)
		}
	}
	return rules
}

type createGroupIn struct {
	DryRun            bool
	GroupName         string `ec2:",required"`
	Description       string `ec2:"groupDescription,required"`
	VpcId             string
	TagSpecifications []tagSpecification `ec2:"TagSpecification"`
}

type createGroupOut struct {
	GroupId          string
	SecurityGroupArn string
	Tags             store.Tags `ec2:"tagSet"`
}

const groupCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789. _-:/()#,@[]+=&;{}!$*"

func checkGroupText(what, text string) *wire.Error {
	if text == "" || len(text) > 255 || strings.Trim(text, groupCharacters) != "" {
		return wire.Fail("InvalidParameterValue", "Value (%s) for parameter %s is invalid. Character sets beyond ASCII are not supported. "+
			"Valid values are strings of 1 to 255 characters from the following set: a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*", text, what)
	}
	return nil
}

func (r *region) createSecurityGroup(in createGroupIn) (createGroupOut, *wire.Error) {
	if err := checkGroupText("GroupName", in.GroupName); err != nil {
		return createGroupOut{}, err
	}
	if err := checkGroupText("GroupDescription", in.Description); err != nil {
		return createGroupOut{}, err
	}
	switch {
	case strings.HasPrefix(in.GroupName, "sg-"):
		return createGroupOut{}, wire.Fail("InvalidParameterValue", "Invalid value '%s' for groupName. Group names may not be in the format sg-*.", in.GroupName)
	case in.GroupName == "default":
		return createGroupOut{}, wire.Fail("InvalidGroup.Reserved", "The security group name 'default' is reserved")
	}
	if in.VpcId == "" {
		i := slices.IndexFunc(r.vpcs.List, func(v *vpc) bool { return v.IsDefault })
		if i < 0 {
			return createGroupOut{}, wire.Fail("VPCIdNotSpecified", "No default VPC for this user")
		}
		in.VpcId = r.vpcs.List[i].VpcId
	}
	if _, err := find(&r.vpcs, idVPC, in.VpcId); err != nil {
		return createGroupOut{}, err
	}
	for _, g := range r.groups.List {
		if g.VpcId == in.VpcId && g.GroupName == in.GroupName {
			return createGroupOut{}, wire.Fail("InvalidGroup.Duplicate", "The security group '%s' already exists for VPC '%s'", in.GroupName, in.VpcId)
		}
	}
	if len(r.groups.List) >= r.quota(quotaGroups) {
		return createGroupOut{}, wire.Fail("SecurityGroupLimitExceeded", "The maximum number of security groups has been reached.")
	}
	given, err := createTagsOf(in.TagSpecifications, "security-group")
	if err != nil {
		return createGroupOut{}, err
	}
	g := &securityGroup{GroupId: r.Counters.ID("sg"), GroupName: in.GroupName, Description: in.Description, VpcId: in.VpcId, Tags: given}
	r.addGroup(g)
	r.addRule(g, &groupRule{IsEgress: true, IpProtocol: "-1", FromPort: -1, ToPort: -1, CidrIpv4: "0.0.0.0/0"})
	return createGroupOut{g.GroupId, g.SecurityGroupArn, g.Tags}, nil
}

func (r *region) addGroup(g *securityGroup) {
	g.OwnerId = store.AccountID
	g.SecurityGroupArn = r.ARN("ec2", "security-group/"+g.GroupId)
	r.groups.Add(g.GroupId, g)
}

func (r *region) addRule(g *securityGroup, rule *groupRule) {
	if rule.SecurityGroupRuleId == "" {
		rule.SecurityGroupRuleId = r.Counters.ID("sgr")
	}
	rule.SecurityGroupRuleArn = r.ARN("ec2", "security-group-rule/"+rule.SecurityGroupRuleId)
	rule.GroupId, rule.GroupOwnerId = g.GroupId, store.AccountID
	g.Rules = append(g.Rules, rule)
}

func (r *region) defaultGroup(vpcID string) *securityGroup {
	for _, g := range r.groups.List {
		if g.VpcId == vpcID && g.GroupName == "default" {
			return g
		}
	}
	return nil
}

type deleteGroupIn struct {
	DryRun    bool
	GroupId   string
	GroupName string
}

type deleteGroupOut struct {
	Return  bool
	GroupId string
}

func (r *region) deleteSecurityGroup(in deleteGroupIn) (deleteGroupOut, *wire.Error) {
	g, err := r.groupOf(in.GroupId, in.GroupName)
	if err != nil {
		return deleteGroupOut{}, err
	}
	if g.GroupName == "default" {
		return deleteGroupOut{}, wire.Fail("CannotDelete", "the specified group: %q name: %q cannot be deleted by a user", g.GroupId, g.GroupName)
	}
	used := slices.ContainsFunc(r.interfaces.List, func(i *networkInterface) bool {
		return slices.ContainsFunc(i.Groups, func(id groupIdentifier) bool { return id.GroupId == g.GroupId })
	}) || slices.ContainsFunc(r.endpoints.List, func(e *vpcEndpoint) bool {
		return slices.ContainsFunc(e.Groups, func(id groupIdentifier) bool { return id.GroupId == g.GroupId })
	}) || slices.ContainsFunc(r.groups.List, func(other *securityGroup) bool {
		return other != g && slices.ContainsFunc(other.Rules, func(rule *groupRule) bool {
			return rule.ReferencedGroupInfo != nil && rule.ReferencedGroupInfo.GroupId == g.GroupId
		})
	})
	if used {
		return deleteGroupOut{}, wire.Fail("DependencyViolation", "resource %s has a dependent object", g.GroupId)
	}
	r.groups.Remove(g.GroupId)
	return deleteGroupOut{true, g.GroupId}, nil
}

// groupOf finds a group by id or, in the default VPC, by name.
func (r *region) groupOf(id, name string) (*securityGroup, *wire.Error) {
	if id != "" {
		return find(&r.groups, idGroup, id)
	}
	if name == "" {
		return nil, wire.Fail("MissingParameter", "The request must contain the parameter groupName or groupId")
	}
	for _, g := range r.groups.List {
		if g.GroupName == name && r.vpcs.ByID[g.VpcId].IsDefault {
			return g, nil
		}
	}
	return nil, wire.Fail("InvalidGroup.NotFound", "The security group '%s' does not exist in default VPC", name)
}

type authorizeIn struct {
	DryRun            bool
	GroupId           string
	GroupName         string
	IpPermissions     []ipPermission
	IpProtocol        string // these four are a short form of a permission with one range
	FromPort          *int32
	ToPort            *int32
	CidrIp            string
	TagSpecifications []tagSpecification `ec2:"TagSpecification"`
}

func (in *authorizeIn) permissions() []ipPermission {
	if in.IpProtocol == "" {
		return in.IpPermissions
	}
	p := ipPermission{IpProtocol: in.IpProtocol, FromPort: in.FromPort, ToPort: in.ToPort}
	if in.CidrIp != "" {
		p.IpRanges = []ipRange{{CidrIp: in.CidrIp}}
	}
	return append(slices.Clone(in.IpPermissions), p)
}

func (r *region) authorizeIngress(in authorizeIn) (rulesOut, *wire.Error) {
	return r.authorize(in, false)
}

func (r *region) authorizeEgress(in authorizeIn) (rulesOut, *wire.Error) {
	return r.authorize(in, true)
}

// authorize creates one rule for each source. If one is rejected, none is created.
func (r *region) authorize(in authorizeIn, egress bool) (rulesOut, *wire.Error) {
	g, err := r.groupOf(in.GroupId, in.GroupName)
	if err != nil {
		return rulesOut{}, err
	}
	rules, err := r.rulesOf(g, in.permissions(), egress)
	if err != nil {
		return rulesOut{}, err
	}
	given, err := createTagsOf(in.TagSpecifications, "security-group-rule")
	if err != nil {
		return rulesOut{}, err
	}
	for i, rule := range rules {
		if slices.ContainsFunc(rules[:i], rule.same) {
			return rulesOut{}, wire.Fail("InvalidParameterValue", "The same permission must not appear multiple times")
		}
		if slices.ContainsFunc(g.Rules, rule.same) {
			return rulesOut{}, wire.Fail("InvalidPermission.Duplicate", "the specified rule \"%s\" already exists", rule)
		}
	}
	for _, family := range []func(*groupRule) bool{
		func(rule *groupRule) bool { return rule.CidrIpv6 == "" },
		func(rule *groupRule) bool { return rule.CidrIpv4 == "" },
	} {
		count := 0
		for _, rule := range slices.Concat(g.Rules, rules) {
			if rule.IsEgress == egress && family(rule) {
				count++
			}
		}
		if count > r.quota(quotaRulesPerGroup) {
			return rulesOut{}, wire.Fail("RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached.")
		}
	}
	out := rulesOut{Return: true}
	for _, rule := range rules {
		rule.Tags = slices.Clone(given)
		r.addRule(g, rule)
		out.SecurityGroupRules = append(out.SecurityGroupRules, *rule)
	}
	return out, nil
}

// same reports whether two rules allow the same traffic. The description does not matter.
func (r *groupRule) same(other *groupRule) bool {
	reference := func(r *groupRule) string {
		if r.ReferencedGroupInfo == nil {
			return ""
		}
		return r.ReferencedGroupInfo.GroupId
	}
	return r.IsEgress == other.IsEgress && r.IpProtocol == other.IpProtocol && r.FromPort == other.FromPort && r.ToPort == other.ToPort &&
		r.CidrIpv4 == other.CidrIpv4 && r.CidrIpv6 == other.CidrIpv6 && r.PrefixListId == other.PrefixListId && reference(r) == reference(other)
}

// String returns the rule as AWS's messages show it.
func (r *groupRule) String() string {
	peer := r.CidrIpv4 + r.CidrIpv6 + r.PrefixListId
	if r.ReferencedGroupInfo != nil {
		peer = r.ReferencedGroupInfo.GroupId
	}
	if r.IpProtocol == "-1" {
		return "peer: " + peer + ", ALL, ALLOW"
	}
	return "peer: " + peer + ", " + strings.ToUpper(r.IpProtocol) + ", from port: " + strconv.Itoa(int(r.FromPort)) + ", to port: " +
		strconv.Itoa(int(r.ToPort)) + ", ALLOW"
}

// rulesOf parses permissions and rejects what EC2 rejects.
func (r *region) rulesOf(g *securityGroup, permissions []ipPermission, egress bool) ([]*groupRule, *wire.Error) {
	if len(permissions) == 0 {
		return nil, wire.Fail("MissingParameter", "The request must contain the parameter ipPermissions")
	}
	var rules []*groupRule
	for _, p := range permissions {
		protocol, from, to, err := protocolAndPorts(p)
		if err != nil {
			return nil, err
		}
		add := func(rule groupRule) {
			rule.IsEgress, rule.IpProtocol, rule.FromPort, rule.ToPort = egress, protocol, from, to
			rules = append(rules, &rule)
		}
		before := len(rules)
		for _, source := range p.IpRanges {
			cidr, err := canonical(source.CidrIp, true)
			if err != nil {
				return nil, err
			}
			add(groupRule{CidrIpv4: cidr, Description: source.Description})
		}
		for _, source := range p.Ipv6Ranges {
			cidr, err := canonical(source.CidrIpv6, false)
			if err != nil {
				return nil, err
			}
			add(groupRule{CidrIpv6: cidr, Description: source.Description})
		}
		for _, source := range p.PrefixListIds {
			if _, err := find(&r.prefixLists, idPrefixList, source.PrefixListId); err != nil {
				return nil, err
			}
			add(groupRule{PrefixListId: source.PrefixListId, Description: source.Description})
		}
		for _, source := range p.UserIdGroupPairs {
			other, err := r.groupOf(source.GroupId, source.GroupName)
			if err != nil {
				return nil, err
			}
			if other.VpcId != g.VpcId {
				return nil, wire.Fail("InvalidGroup.NotFound", "You have specified two resources that belong to different networks.")
			}
			add(groupRule{ReferencedGroupInfo: &referencedGroup{other.GroupId, store.AccountID, other.VpcId}, Description: source.Description})
		}
		if len(rules) == before {
			return nil, wire.Fail("MissingParameter", "Missing source specification: include source security group or CIDR information")
		}
	}
	for _, rule := range rules {
		if len(rule.Description) > 255 || strings.Trim(rule.Description, groupCharacters) != "" {
			return nil, wire.Fail("InvalidParameterValue", "Invalid rule description. Valid descriptions are strings less than 256 characters from the following set: a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*")
		}
	}
	return rules, nil
}

func protocolAndPorts(p ipPermission) (protocol string, from, to int32, err *wire.Error) {
	protocol = strings.ToLower(p.IpProtocol)
	switch protocol {
	case "6":
		protocol = "tcp"
	case "17":
		protocol = "udp"
	case "1":
		protocol = "icmp"
	case "58":
		protocol = "icmpv6"
	case "all":
		protocol = "-1"
	}
	n, notNumber := strconv.Atoi(protocol)
	switch {
	case protocol == "tcp" || protocol == "udp":
		if p.FromPort == nil || p.ToPort == nil {
			return "", 0, 0, wire.Fail("InvalidParameterValue", "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.")
		}
		if *p.FromPort < 0 || *p.ToPort > 65535 || *p.FromPort > *p.ToPort {
			return "", 0, 0, wire.Fail("InvalidParameterValue", "Invalid value '%d-%d' for portRange.", *p.FromPort, *p.ToPort)
		}
		return protocol, *p.FromPort, *p.ToPort, nil
	case protocol == "icmp" || protocol == "icmpv6":
		from, to = -1, -1
		if p.FromPort != nil && p.ToPort != nil {
			from, to = *p.FromPort, *p.ToPort
		}
		return protocol, from, to, nil
	case notNumber == nil && n >= -1 && n <= 255:
		return protocol, -1, -1, nil
	}
	return "", 0, 0, wire.Fail("InvalidParameterValue", "Invalid value '%s' for IP protocol. Unknown protocol.", p.IpProtocol)
}

// canonical clears the host bits of a CIDR block, as AWS does.
func canonical(cidr string, v4 bool) (string, *wire.Error) {
	p, err := netip.ParsePrefix(cidr)
	if err != nil || p.Addr().Is4() != v4 {
		family := "IPv4"
		if !v4 {
			family = "IPv6"
		}
		return "", wire.Fail("InvalidParameterValue", "CIDR block %s is malformed: it is no %s CIDR block", cidr, family)
	}
	return p.Masked().String(), nil
}

type modifyRulesIn struct {
	DryRun  bool
	GroupId string       `ec2:",required"`
	Rules   []ruleUpdate `ec2:"SecurityGroupRule,required"`
}

type ruleUpdate struct {
	SecurityGroupRuleId string      `ec2:",required"`
	SecurityGroupRule   ruleRequest `ec2:",required"`
}

type ruleRequest struct {
	IpProtocol        string
	FromPort          *int32
	ToPort            *int32
	CidrIpv4          string
	CidrIpv6          string
	PrefixListId      string
	ReferencedGroupId string
	Description       string
}

// permission returns the rule in the older format.
func (q ruleRequest) permission() ipPermission {
	p := ipPermission{IpProtocol: q.IpProtocol, FromPort: q.FromPort, ToPort: q.ToPort}
	switch {
	case q.CidrIpv4 != "":
		p.IpRanges = []ipRange{{q.CidrIpv4, q.Description}}
	case q.CidrIpv6 != "":
		p.Ipv6Ranges = []ipv6Range{{q.CidrIpv6, q.Description}}
	case q.PrefixListId != "":
		p.PrefixListIds = []prefixListSource{{q.PrefixListId, q.Description}}
	case q.ReferencedGroupId != "":
		p.UserIdGroupPairs = []groupPair{{GroupId: q.ReferencedGroupId, Description: q.Description}}
	}
	return p
}

// modifyRules replaces rules of a group, which keep their ids and tags, or changes none
// (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySecurityGroupRules.html).
func (r *region) modifyRules(in modifyRulesIn) (returnOut, *wire.Error) {
	g, err := find(&r.groups, idGroup, in.GroupId)
	if err != nil {
		return returnOut{}, err
	}
	after := slices.Clone(g.Rules)
	for _, wanted := range in.Rules {
		i := slices.IndexFunc(after, func(rule *groupRule) bool { return rule.SecurityGroupRuleId == wanted.SecurityGroupRuleId })
		if i < 0 {
			return returnOut{}, idGroupRule.notFound(wanted.SecurityGroupRuleId)
		}
		before := after[i]
		rules, err := r.rulesOf(g, []ipPermission{wanted.SecurityGroupRule.permission()}, before.IsEgress)
		if err != nil {
			return returnOut{}, err
		}
		next := rules[0]
		if slices.ContainsFunc(slices.Delete(slices.Clone(after), i, i+1), next.same) {
			return returnOut{}, wire.Fail("InvalidPermission.Duplicate", "the specified rule \"%s\" already exists", next)
		}
		next.SecurityGroupRuleId, next.SecurityGroupRuleArn, next.GroupId, next.GroupOwnerId, next.Tags = before.SecurityGroupRuleId, before.SecurityGroupRuleArn, before.GroupId, before.GroupOwnerId, before.Tags
		after[i] = next
	}
	g.Rules = after
	return returnOut{true}, nil
}

type revokeIn struct {
	authorizeIn
	SecurityGroupRuleIds []string `ec2:"SecurityGroupRuleId"`
}

type revokedRule struct {
	SecurityGroupRuleId string
	GroupId             string
	IsEgress            bool
	IpProtocol          string
	FromPort            int32
	ToPort              int32
	CidrIpv4            string
	CidrIpv6            string
	PrefixListId        string
	ReferencedGroupId   string
	Description         string
}

type revokeOut struct {
	Return                    bool
	RevokedSecurityGroupRules []revokedRule `ec2:"revokedSecurityGroupRuleSet"`
}

func (r *region) revokeIngress(in revokeIn) (revokeOut, *wire.Error) { return r.revoke(in, false) }
func (r *region) revokeEgress(in revokeIn) (revokeOut, *wire.Error)  { return r.revoke(in, true) }

func (r *region) revoke(in revokeIn, egress bool) (revokeOut, *wire.Error) {
	g, err := r.groupOf(in.GroupId, in.GroupName)
	if err != nil {
		return revokeOut{}, err
	}
	var revoked []*groupRule
	if len(in.SecurityGroupRuleIds) > 0 {
		for _, id := range in.SecurityGroupRuleIds {
			if err := idGroupRule.check(id); err != nil {
				return revokeOut{}, err
			}
			i := slices.IndexFunc(g.Rules, func(rule *groupRule) bool { return rule.SecurityGroupRuleId == id && rule.IsEgress == egress })
			if i < 0 {
				return revokeOut{}, idGroupRule.notFound(id)
			}
			revoked = append(revoked, g.Rules[i])
		}
	} else {
		rules, err := r.rulesOf(g, in.permissions(), egress)
		if err != nil {
			return revokeOut{}, err
		}
		for _, rule := range rules {
			i := slices.IndexFunc(g.Rules, rule.same)
			if i < 0 {
				return revokeOut{}, wire.Fail("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
			}
			revoked = append(revoked, g.Rules[i])
		}
	}
	g.Rules = slices.DeleteFunc(g.Rules, func(rule *groupRule) bool { return slices.Contains(revoked, rule) })
	out := revokeOut{Return: true}
	for _, rule := range revoked {
		gone := revokedRule{
			SecurityGroupRuleId: rule.SecurityGroupRuleId, GroupId: rule.GroupId, IsEgress: rule.IsEgress, IpProtocol: rule.IpProtocol,
			FromPort: rule.FromPort, ToPort: rule.ToPort, CidrIpv4: rule.CidrIpv4, CidrIpv6: rule.CidrIpv6, PrefixListId: rule.PrefixListId,
			Description: rule.Description,
		}
		if rule.ReferencedGroupInfo != nil {
			gone.ReferencedGroupId = rule.ReferencedGroupInfo.GroupId
		}
		out.RevokedSecurityGroupRules = append(out.RevokedSecurityGroupRules, gone)
	}
	return out, nil
}
