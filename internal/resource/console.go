package resource

// consoles are the addresses of the consoles of the partitions (AWS sign-in user guide, IAM user guide for China, AWS GovCloud
// (US) user guide).
var consoles = map[string]string{"aws": "https://console.aws.amazon.com", "aws-cn": "https://console.amazonaws.cn", "aws-us-gov": "https://console.amazonaws-us-gov.com"}

// Console returns the address of the console page of the service that a change uses, as the guides of the services give it;
// empty for a partition without a known console.
func (a Change) Console(partition, region string) string {
	base := consoles[partition]
	if base == "" {
		return ""
	}
	steps := a.Steps()
	calls := steps.Do
	if steps.Find != nil {
		calls = append(calls, *steps.Find)
	}
	for _, p := range steps.Parts {
		calls = append(calls, p.Do...)
	}
	service := "vpc"
	if len(calls) > 0 && calls[0].Service != "ec2" {
		service = calls[0].Service
	}
	return base + "/" + service + "/home?region=" + region
}
