package price

// usEast1 are the prices of us-east-1 for when the AWS Price List API gives no result, with the page of AWS for each.
//
// The pages load their tables with a script, so that stored copies rarely contain the amounts. Only the price per GB of
// interface endpoints could be read on a copy of its page. The other amounts are confirmed by price lists and bills that
// others published with the usage types of AWS, such as USE1-PublicIPv4:InUseAddress, and not by AWS itself.
var usEast1 = List{
	Region: "us-east-1", Source: FromTable, Date: "2026-11-29",
	Items: []Price{
		// https://aws.amazon.com/privatelink/pricing/
		{EndpointHour, 0.01},
		{EndpointGB, 0.01}, // for the first PB in a month; then 0.006, and 0.004 after 5 PB

		// https://aws.amazon.com/vpc/pricing/
		{NATHour, 0.045},
		{NATGB, 0.045},
		{AddressHour, 0.005},

		// https://aws.amazon.com/elasticloadbalancing/pricing/
		{BalancerHour, 0.0225},
		{BalancerUnit, 0.008},

		// https://aws.amazon.com/vpn/pricing/
		{VPNSubnetHour, 0.10}, // found in one source only
		{VPNClientHour, 0.05},

		// https://aws.amazon.com/secrets-manager/pricing/
		{SecretMonth, 0.40},

		// https://aws.amazon.com/ec2/pricing/on-demand/, Linux
		{Instance("t3.micro"), 0.0104},
		{Instance("t3.nano"), 0.0052},
		{Instance("t3.small"), 0.0208},
		{Instance("t4g.nano"), 0.0042},
		{Instance("t4g.micro"), 0.0084},
		{Instance("t4g.small"), 0.0168},
	},
}
