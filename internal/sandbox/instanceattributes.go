package sandbox

import (
	"cmp"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// What Amazon EC2 shows about instances and their types in operations of its own.

// shutdownBehaviors are what a shutdown of the operating system can do; the first is the default.
var shutdownBehaviors = []string{"stop", "terminate"}

type instanceAttributeIn struct {
	DryRun     bool
	InstanceId string `ec2:",required"`
	Attribute  string `ec2:",required"`
}

type instanceAttributeOut struct {
	InstanceId                        string
	DisableApiTermination             *boolValue
	DisableApiStop                    *boolValue
	EbsOptimized                      *boolValue
	SourceDestCheck                   *boolValue
	InstanceInitiatedShutdownBehavior *attributeValue
	InstanceType                      *attributeValue
	UserData                          *attributeValue
}

// describeInstanceAttribute returns one attribute
// (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceAttribute.html).
func (r *region) describeInstanceAttribute(in instanceAttributeIn) (instanceAttributeOut, *wire.Error) {
	i, err := find(&r.instances, idInstance, in.InstanceId)
	if err != nil {
		return instanceAttributeOut{}, err
	}
	out := instanceAttributeOut{InstanceId: i.InstanceId}
	switch in.Attribute {
	case "disableApiTermination":
		out.DisableApiTermination = &boolValue{i.protected}
	case "disableApiStop":
		out.DisableApiStop = &boolValue{i.unstoppable}
	case "ebsOptimized":
		out.EbsOptimized = &boolValue{i.EbsOptimized}
	case "sourceDestCheck":
		out.SourceDestCheck = &boolValue{i.SourceDestCheck}
	case "instanceInitiatedShutdownBehavior":
		out.InstanceInitiatedShutdownBehavior = &attributeValue{cmp.Or(i.onShutdown, shutdownBehaviors[0])}
	case "instanceType":
		out.InstanceType = &attributeValue{i.InstanceType}
	case "userData":
		out.UserData = &attributeValue{i.userData}
	default:
		return out, notSupported("the instance attribute " + in.Attribute)
	}
	return out, nil
}

type modifyInstanceIn struct {
	DryRun                bool
	InstanceId            string `ec2:",required"`
	DisableApiTermination *boolValue
	DisableApiStop        *boolValue
}

// modifyInstanceAttribute protects an instance, or ends its protection. AWS changes one attribute in a request
// (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html).
func (r *region) modifyInstanceAttribute(in modifyInstanceIn) (returnOut, *wire.Error) {
	i, err := find(&r.instances, idInstance, in.InstanceId)
	switch {
	case err != nil:
		return returnOut{}, err
	case (in.DisableApiTermination == nil) == (in.DisableApiStop == nil):
		return returnOut{}, wire.Fail("InvalidParameterCombination", "The request must contain exactly one attribute.")
	case in.DisableApiTermination != nil:
		i.protected = in.DisableApiTermination.Value
	default:
		i.unstoppable = in.DisableApiStop.Value
	}
	return returnOut{true}, nil
}

type describeTypesIn struct {
	describeIn
	InstanceTypes []string `ec2:"InstanceType"`
}

type describeTypesOut struct {
	InstanceTypes []shownType `ec2:"instanceTypeSet"`
	NextToken     string
}

// shownType has what follows from the name of an instance type.
type shownType struct {
	InstanceType                  string
	BurstablePerformanceSupported bool
	ProcessorInfo                 processorInfo
}

type processorInfo struct {
	SupportedArchitectures []string
}

// burstable reports whether instances of a type have CPU credits: those of the family T.
func burstable(instanceType string) bool { return strings.HasPrefix(instanceType, "t") }

// architectureOf returns the architecture of the processors of an instance type.
func architectureOf(instanceType string) string {
	if gravitonType().MatchString(instanceType) {
		return "arm64"
	}
	return "x86_64"
}

// describeInstanceTypes describes the types in the request. The sandbox has no list of all types.
func (r *region) describeInstanceTypes(in describeTypesIn) (describeTypesOut, *wire.Error) {
	if len(in.InstanceTypes) == 0 || len(in.Filters) > 0 {
		return describeTypesOut{}, notSupported("lists of instance types")
	}
	var out describeTypesOut
	for _, name := range in.InstanceTypes {
		if !instanceType().MatchString(name) {
			return describeTypesOut{}, wire.Fail("InvalidInstanceType", "The following supplied instance types do not exist: [%s]", name)
		}
		out.InstanceTypes = append(out.InstanceTypes, shownType{name, burstable(name), processorInfo{[]string{architectureOf(name)}}})
	}
	return out, nil
}

type describeCreditsIn struct {
	describeIn
	InstanceIds []string `ec2:"InstanceId"`
}

type describeCreditsOut struct {
	Credits   []instanceCredits `ec2:"instanceCreditSpecificationSet"`
	NextToken string
}

type instanceCredits struct{ InstanceId, CpuCredits string }

var creditsKind = &kind[*instance]{ids: idInstance, min: 5, max: 1000, filters: `instance-id`}

// credits returns the CPU credits that a request asks for. Other types than burstable ones do not have them.
func (in *runIn) credits() (string, *wire.Error) {
	c := in.CreditSpecification
	switch {
	case c == nil:
		return "", nil
	case c.CpuCredits != "standard" && c.CpuCredits != "unlimited":
		return "", wire.Fail("InvalidParameterValue", "Value (%s) for parameter CpuCredits is invalid. Valid values are: standard, unlimited.", c.CpuCredits)
	case !burstable(in.InstanceType):
		return "", wire.Fail("InvalidParameterCombination", "The CreditSpecification parameter is not supported for the instance type %s.", in.InstanceType)
	}
	return c.CpuCredits, nil
}

// describeInstanceCredits returns the credit option of burstable instances. The default of their type is standard for T2 and unlimited
// for all later ones (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances-unlimited-mode.html).
// AWS rejects ids of other instances.
func (r *region) describeInstanceCredits(in describeCreditsIn) (describeCreditsOut, *wire.Error) {
	for _, id := range in.InstanceIds {
		if i := r.instances.ByID[id]; i != nil && !burstable(i.InstanceType) {
			return describeCreditsOut{}, wire.Fail("InvalidParameterCombination", "The instance %s is not a burstable performance instance.", id)
		}
	}
	from := store.Table[instance]{ByID: r.instances.ByID}
	for _, i := range r.instances.List {
		if burstable(i.InstanceType) && i.State.Name != stateTerminated {
			from.List = append(from.List, i)
		}
	}
	found, next, err := list(creditsKind, &from, in.query(in.InstanceIds))
	out := describeCreditsOut{NextToken: next}
	for _, i := range found {
		credits := "unlimited"
		if strings.HasPrefix(i.InstanceType, "t2.") {
			credits = "standard"
		}
		out.Credits = append(out.Credits, instanceCredits{i.InstanceId, cmp.Or(i.credits, credits)})
	}
	return out, err
}
