package aws

// fieldTable classifies every field of the
// types behind a task definition, a service, a cluster, a job definition and a compute environment, by
// what it means for calls from the tasks or jobs. A field with a type of its own is classified together
// with what it contains.
//
// Sources: the Amazon ECS and AWS Batch API references, and the pages that an entry names.
var fieldTable = map[string]fieldClasses{
	// Task definitions.
	"ecs TaskDefinition": {
		read: map[string]string{
			"ContainerDefinitions":    "the containers",
			"Volumes":                 "volumes with credentials, and file systems",
			"ExecutionRoleArn":        "the role that pulls images, reads secrets and writes logs",
			"TaskRoleArn":             "the role of the code in the containers",
			"RuntimePlatform":         "Windows images",
			"Compatibilities":         "where the task can run, if RequiresCompatibilities is empty",
			"RequiresCompatibilities": "where the task can run",
			"Family":                  "the name",
			"Revision":                "the name",
			"TaskDefinitionArn":       "the name",
		},
		noCall: "Cpu DeleteRequestedAt DeregisteredAt EphemeralStorage InferenceAccelerators IpcMode Memory NetworkMode PidMode PlacementConstraints RegisteredAt RegisteredBy RequiresAttributes Status " +
			// The agent of the task answers the fault requests of AWS FIS on the instance or in Fargate.
			"EnableFaultInjection " +
			// The proxy of AWS App Mesh. It is a container of the definition, with its own image.
			"ProxyConfiguration",
		notDocumented: "TrustedExecutionConfiguration", // which endpoints the attestation of a sandbox calls
	},
	"ecs ContainerDefinition": {
		read: map[string]string{
			"Image":                 "pulled when the task starts; shows collectors of metrics and traces",
			"Name":                  "the name",
			"LogConfiguration":      "where the logs go",
			"FirelensConfiguration": "the configuration file of the log router",
			"Secrets":               "secrets and parameters",
			"RepositoryCredentials": "the secret for a private registry",
			"EnvironmentFiles":      "files in Amazon S3",
			"CredentialSpecs":       "credential specs in Amazon S3 or Parameter Store",
			"DockerSecurityOptions": "credential specs, as in CredentialSpecs",
		},
		noCall: "Command Cpu DependsOn DisableNetworking DnsSearchDomains DnsServers DockerLabels EntryPoint Essential ExtraHosts HealthCheck Hostname Interactive Links LinuxParameters Memory " +
			"MemoryReservation MountPoints PortMappings Privileged PseudoTerminal ReadonlyRootFilesystem ResourceRequirements RestartPolicy StartTimeout StopTimeout SystemControls Ulimits User " +
			"VersionConsistency VolumesFrom WorkingDirectory " +
			// The code decides what it means. The values can be secrets, so they are not read.
			"Environment",
	},
	"ecs LogConfiguration":      logFields,
	"ecs FirelensConfiguration": {read: map[string]string{"Options": "config-file-value in Amazon S3"}, noCall: "Type"},
	"ecs Secret":                {read: map[string]string{"ValueFrom": "a secret or a parameter"}, noCall: "Name"},
	"ecs RepositoryCredentials": {read: map[string]string{"CredentialsParameter": "a secret"}},
	"ecs EnvironmentFile":       {read: map[string]string{"Value": "an object in Amazon S3"}, noCall: "Type"},
	"ecs RuntimePlatform":       {read: map[string]string{"OperatingSystemFamily": "Windows images"}, noCall: "CpuArchitecture"},
	"ecs Volume": {
		read: map[string]string{
			"EfsVolumeConfiguration":                  "mounted through the mount targets in the VPC, which is not a call",
			"FsxWindowsFileServerVolumeConfiguration": "the credentials of the domain",
			"S3filesVolumeConfiguration":              "mounted; AWS does not document which endpoints that needs",
		},
		noCall: "ConfiguredAtLaunch DockerVolumeConfiguration Host Name",
	},
	"ecs FSxWindowsFileServerVolumeConfiguration": {read: map[string]string{"AuthorizationConfig": "the credentials of the domain"}, noCall: "FileSystemId RootDirectory"},
	"ecs FSxWindowsFileServerAuthorizationConfig": {read: map[string]string{"CredentialsParameter": "a secret or a parameter"}, noCall: "Domain"},
	"ecs EFSVolumeConfiguration":                  {noCall: "AuthorizationConfig FileSystemId RootDirectory TransitEncryption TransitEncryptionPort"},
	"ecs EFSAuthorizationConfig":                  {noCall: "AccessPointId Iam"}, // the credentials of the role come from the agent
	"ecs S3FilesVolumeConfiguration":              {notDocumented: "AccessPointArn FileSystemArn RootDirectory TransitEncryptionPort"},
	"ecs TrustedExecutionConfiguration":           {notDocumented: "AttestationPolicy IsolationMode"},
	"ecs Attribute":                               {noCall: "Name TargetId TargetType Value"},
	"ecs ContainerDependency":                     {noCall: "Condition ContainerName"},
	"ecs ContainerRestartPolicy":                  {noCall: "Enabled IgnoredExitCodes RestartAttemptPeriod"},
	"ecs Device":                                  {noCall: "ContainerPath HostPath Permissions"},
	"ecs DockerVolumeConfiguration":               {noCall: "Autoprovision Driver DriverOpts Labels Scope"},
	"ecs EphemeralStorage":                        {noCall: "SizeInGiB"},
	"ecs HealthCheck":                             {noCall: "Command Interval Retries StartPeriod Timeout"},
	"ecs HostEntry":                               {noCall: "Hostname IpAddress"},
	"ecs HostVolumeProperties":                    {noCall: "SourcePath"},
	"ecs InferenceAccelerator":                    {noCall: "DeviceName DeviceType"},
	"ecs KernelCapabilities":                      {noCall: "Add Drop"},
	"ecs KeyValuePair":                            {noCall: "Name Value"},
	"ecs LinuxParameters":                         {noCall: "Capabilities Devices InitProcessEnabled MaxSwap SharedMemorySize Swappiness Tmpfs"},
	"ecs MountPoint":                              {noCall: "ContainerPath ReadOnly SourceVolume"},
	"ecs PortMapping":                             {noCall: "AppProtocol ContainerPort ContainerPortRange HostPort Name Protocol"},
	"ecs ProxyConfiguration":                      {noCall: "ContainerName Properties Type"},
	"ecs ResourceRequirement":                     {noCall: "SharingStrategy Type Value"},
	"ecs SystemControl":                           {noCall: "Namespace Value"},
	"ecs TaskDefinitionPlacementConstraint":       {noCall: "Expression Type"},
	"ecs Tmpfs":                                   {noCall: "ContainerPath MountOptions Size"},
	"ecs Ulimit":                                  {noCall: "HardLimit Name SoftLimit"},
	"ecs VolumeFrom":                              {noCall: "ReadOnly SourceContainer"},

	// Services.
	"ecs Service": {
		read: map[string]string{
			"ServiceArn":               "the name",
			"ServiceName":              "the name",
			"Status":                   "inactive services have no tasks",
			"TaskDefinition":           "what the tasks do",
			"TaskSets":                 "the same fields, for an external deployment controller",
			"Deployments":              "Service Connect, and which tasks are the oldest ones to keep",
			"LaunchType":               "where the tasks run",
			"CapacityProviderStrategy": "where the tasks run",
			"PlatformVersion":          "which network interface pulls images",
			"NetworkConfiguration":     "the subnets and security groups of the tasks",
			"EnableExecuteCommand":     "ECS Exec",
			"DesiredCount":             "whether tasks run",
			"RunningCount":             "whether tasks run",
			"Events":                   "why tasks do not run",
		},
		// Amazon ECS itself calls load balancers, AWS Cloud Map, Amazon EBS, CloudWatch alarms, deployment
		// hooks and VPC Lattice, with a role of its own (Amazon ECS developer guide, IAM roles).
		noCall: "AvailabilityZoneRebalancing ClusterArn CreatedAt CreatedBy CurrentServiceDeployment CurrentServiceRevisions DeploymentConfiguration DeploymentController EnableECSManagedTags " +
			"HealthCheckGracePeriodSeconds LoadBalancers PendingCount PlacementConstraints PlacementStrategy PlatformFamily PropagateTags ResourceManagementType RoleArn SchedulingStrategy ServiceRegistries Tags",
	},
	"ecs TaskSet": {
		read: map[string]string{
			"Status":                   "which one is the primary",
			"TaskDefinition":           "what the tasks do",
			"LaunchType":               "where the tasks run",
			"CapacityProviderStrategy": "where the tasks run",
			"PlatformVersion":          "which network interface pulls images",
			"NetworkConfiguration":     "the subnets and security groups of the tasks",
		},
		noCall: "ClusterArn ComputedDesiredCount CreatedAt ExternalId FargateEphemeralStorage Id LoadBalancers PendingCount PlatformFamily RunningCount Scale ServiceArn ServiceRegistries StabilityStatus " +
			"StabilityStatusAt StartedBy Tags TaskSetArn UpdatedAt",
	},
	"ecs Deployment": {
		read: map[string]string{
			"Status":                      "which one is the primary",
			"Id":                          "which tasks started after the change",
			"CreatedAt":                   "which tasks started after the change",
			"ServiceConnectConfiguration": "the proxy of Service Connect",
			"RolloutStateReason":          "why tasks do not run",
		},
		// The service has the other fields too.
		noCall: "CapacityProviderStrategy DesiredCount FailedTasks FargateEphemeralStorage LaunchType NetworkConfiguration PendingCount PlatformFamily PlatformVersion RolloutState " +
			"RunningCount ServiceConnectResources TaskDefinition UpdatedAt VolumeConfigurations VpcLatticeConfigurations",
	},
	"ecs ServiceConnectConfiguration": {
		read: map[string]string{
			"Enabled":          "the proxy gets its configuration from Amazon ECS",
			"LogConfiguration": "where the logs of the proxy go",
		},
		noCall: "AccessLogConfiguration ContainerConfigurations Namespace Services",
	},
	"ecs NetworkConfiguration":         {read: map[string]string{"AwsvpcConfiguration": "the network of the tasks"}},
	"ecs AwsVpcConfiguration":          {read: map[string]string{"AssignPublicIp": "public addresses", "SecurityGroups": "security groups", "Subnets": "subnets"}},
	"ecs CapacityProviderStrategyItem": {read: map[string]string{"CapacityProvider": "Fargate or instances"}, noCall: "Base Weight"},
	// Amazon ECS creates, stores, rotates and distributes the certificates, with the role in RoleArn
	// (Amazon ECS developer guide, Encrypt Service Connect traffic). The tasks call neither AWS Private
	// CA nor Secrets Manager nor AWS KMS for them.
	"ecs ServiceConnectTlsConfiguration":              {noCall: "IssuerCertificateAuthority KmsKey RoleArn"},
	"ecs ServiceConnectTlsCertificateAuthority":       {noCall: "AwsPcaAuthorityArn"},
	"ecs ServiceConnectAccessLogConfiguration":        {noCall: "Format IncludeQueryParameters"}, // to the proxy's log driver
	"ecs ServiceConnectClientAlias":                   {noCall: "DnsName Port TestTrafficRules"},
	"ecs ServiceConnectService":                       {noCall: "ClientAliases DiscoveryName IngressPortOverride PortName Timeout Tls"},
	"ecs ServiceConnectServiceResource":               {noCall: "DiscoveryArn DiscoveryName"},
	"ecs ServiceConnectTestTrafficHeaderMatchRules":   {noCall: "Exact"},
	"ecs ServiceConnectTestTrafficHeaderRules":        {noCall: "Name Value"},
	"ecs ServiceConnectTestTrafficRules":              {noCall: "Header"},
	"ecs TimeoutConfiguration":                        {noCall: "IdleTimeoutSeconds PerRequestTimeoutSeconds"},
	"ecs ServiceManagedEBSVolumeConfiguration":        {noCall: "Encrypted FilesystemType Iops KmsKeyId RoleArn SizeInGiB SnapshotId TagSpecifications Throughput VolumeInitializationRate VolumeType"},
	"ecs ServiceVolumeConfiguration":                  {noCall: "ManagedEBSVolume Name"},
	"ecs EBSTagSpecification":                         {noCall: "PropagateTags ResourceType Tags"},
	"ecs DeploymentEphemeralStorage":                  {noCall: "KmsKeyId"}, // AWS Fargate encrypts the storage
	"ecs VpcLatticeConfiguration":                     {noCall: "AdvancedConfiguration PortName RoleArn TargetGroupArn"},
	"ecs VpcLatticeAdvancedConfiguration":             {noCall: "AlternateTargetGroupArn ProductionListenerRule TestListenerRule"},
	"ecs AdvancedConfiguration":                       {noCall: "AlternateTargetGroupArn ProductionListenerRule RoleArn TestListenerRule"},
	"ecs CanaryConfiguration":                         {noCall: "CanaryBakeTimeInMinutes CanaryPercent"},
	"ecs DeploymentAlarms":                            {noCall: "AlarmNames Enable Rollback"},
	"ecs DeploymentCircuitBreaker":                    {noCall: "Enable ResetOnHealthyTask Rollback ThresholdConfiguration"},
	"ecs DeploymentConfiguration":                     {noCall: "Alarms BakeTimeInMinutes CanaryConfiguration DeploymentCircuitBreaker EarlySuccessCriteria LifecycleHooks LinearConfiguration MaximumPercent MinimumHealthyPercent Strategy"},
	"ecs DeploymentController":                        {noCall: "Type"},
	"ecs DeploymentEarlySuccessCriteria":              {noCall: "Enable HealthyPercent SourceServiceRevisionCleanup"},
	"ecs DeploymentLifecycleHook":                     {noCall: "HookDetails HookTargetArn LifecycleStages RoleArn TargetType TimeoutConfiguration"},
	"ecs DeploymentLifecycleHookTimeoutConfiguration": {noCall: "Action TimeoutInMinutes"},
	"ecs LinearConfiguration":                         {noCall: "StepBakeTimeInMinutes StepPercent"},
	"ecs LoadBalancer":                                {noCall: "AdvancedConfiguration ContainerName ContainerPort LoadBalancerName TargetGroupArn"},
	"ecs PlacementConstraint":                         {noCall: "Expression Type"},
	"ecs PlacementStrategy":                           {noCall: "Field Type"},
	"ecs Scale":                                       {noCall: "Unit Value"},
	"ecs ServiceCurrentRevisionSummary":               {noCall: "Arn PendingTaskCount RequestedTaskCount RunningTaskCount"},
	"ecs ServiceEvent":                                {read: map[string]string{"CreatedAt": "which events are the newest", "Message": "why tasks do not run"}, noCall: "Id"},
	"ecs ServiceRegistry":                             {noCall: "ContainerName ContainerPort Port RegistryArn"},
	"ecs Tag":                                         {noCall: "Key Value"},
	"ecs ThresholdConfiguration":                      {noCall: "Type Value"},

	// Clusters.
	"ecs Cluster": {
		read: map[string]string{
			"ClusterArn":                        "the name",
			"ClusterName":                       "the name",
			"Configuration":                     "ECS Exec",
			"Settings":                          "Container Insights, which the cluster itself sends",
			"RegisteredContainerInstancesCount": "whether agents run in the account",
		},
		// Deployments show whether a service uses the defaults of Service Connect. Capacity providers
		// make no calls; they decide whether DescribeCapacityProviders is asked for the network of
		// managed instances.
		noCall: "ActiveServicesCount Attachments AttachmentsStatus CapacityProviders DefaultCapacityProviderStrategy PendingTasksCount RunningTasksCount ServiceConnectDefaults Statistics Status Tags",
	},
	"ecs ClusterConfiguration":           {read: map[string]string{"ExecuteCommandConfiguration": "ECS Exec"}, noCall: "ManagedStorageConfiguration"},
	"ecs ExecuteCommandConfiguration":    {read: map[string]string{"KmsKeyId": "the task encrypts sessions", "LogConfiguration": "the task sends logs of sessions", "Logging": "whether LogConfiguration is used"}},
	"ecs ExecuteCommandLogConfiguration": {read: map[string]string{"CloudWatchLogGroupName": "a log group", "S3BucketName": "a bucket"}, noCall: "CloudWatchEncryptionEnabled S3EncryptionEnabled S3KeyPrefix"},
	"ecs ClusterSetting":                 {read: map[string]string{"Name": "containerInsights", "Value": "whether it is on"}},
	"ecs ManagedStorageConfiguration":    {noCall: "FargateEphemeralStorageKmsKeyId KmsKeyId"}, // AWS encrypts the storage
	"ecs ClusterServiceConnectDefaults":  {noCall: "Namespace"},
	"ecs Attachment":                     {noCall: "Details Id Status Type"},

	// Job definitions.
	"batch JobDefinition": {
		read: map[string]string{
			"JobDefinitionArn":           "the name",
			"JobDefinitionName":          "the name",
			"Revision":                   "the name",
			"ContainerOrchestrationType": "jobs on Amazon EKS are not supported",
			"ContainerProperties":        "the container",
			"EcsProperties":              "the containers",
			"EksProperties":              "jobs on Amazon EKS are not supported",
			"NodeProperties":             "the containers of the nodes",
			"PlatformCapabilities":       "where the jobs run",
		},
		noCall: "ConsumableResourceProperties Parameters PropagateTags RetryStrategy SchedulingPriority Status Tags Timeout Type",
	},
	"batch ContainerProperties": {
		read: map[string]string{
			"Image": "pulled when the job starts; shows collectors of metrics and traces", "Secrets": "secrets and parameters", "LogConfiguration": "where the logs go",
			"RepositoryCredentials": "the secret for a private registry", "ExecutionRoleArn": "the role that pulls images, reads secrets and writes logs", "JobRoleArn": "the role of the code in the container",
			"FargatePlatformConfiguration": "which network interface pulls images", "RuntimePlatform": "Windows images", "NetworkConfiguration": "public addresses", "Volumes": "file systems", "EnableExecuteCommand": "ECS Exec",
		},
		noCall: "Command Environment EphemeralStorage InstanceType LinuxParameters Memory MountPoints Privileged ReadonlyRootFilesystem ResourceRequirements Ulimits User Vcpus",
	},
	"batch EcsProperties": {read: map[string]string{"TaskProperties": "the containers"}},
	"batch EcsTaskProperties": {
		read: map[string]string{
			"Containers": "the containers", "ExecutionRoleArn": "the role that pulls images, reads secrets and writes logs", "TaskRoleArn": "the role of the code in the containers", "PlatformVersion": "which network interface pulls images",
			"RuntimePlatform": "Windows images", "NetworkConfiguration": "public addresses", "Volumes": "file systems", "EnableExecuteCommand": "ECS Exec",
		},
		noCall: "EphemeralStorage IpcMode PidMode",
	},
	"batch TaskContainerProperties": {
		read: map[string]string{
			"Image": "pulled when the job starts; shows collectors of metrics and traces", "Name": "the name", "Secrets": "secrets and parameters", "LogConfiguration": "where the logs go",
			"FirelensConfiguration": "the configuration file of the log router", "RepositoryCredentials": "the secret for a private registry",
		},
		noCall: "Command DependsOn Environment Essential LinuxParameters MountPoints Privileged ReadonlyRootFilesystem ResourceRequirements StartTimeout StopTimeout Ulimits User",
	},
	"batch NodeProperties": {read: map[string]string{"NodeRangeProperties": "the containers of the nodes"}, noCall: "MainNode NumNodes"},
	"batch NodeRangeProperty": {
		read:   map[string]string{"Container": "the container", "EcsProperties": "the containers", "EksProperties": "jobs on Amazon EKS are not supported"},
		noCall: "ConsumableResourceProperties InstanceTypes TargetNodes",
	},
	"batch LogConfiguration":             logFields,
	"batch FirelensConfiguration":        {read: map[string]string{"Options": "config-file-value in Amazon S3"}, noCall: "Type"},
	"batch Secret":                       {read: map[string]string{"ValueFrom": "a secret or a parameter"}, noCall: "Name"},
	"batch RepositoryCredentials":        {read: map[string]string{"CredentialsParameter": "a secret"}},
	"batch FargatePlatformConfiguration": {read: map[string]string{"PlatformVersion": "which network interface pulls images"}},
	"batch RuntimePlatform":              {read: map[string]string{"OperatingSystemFamily": "Windows images"}, noCall: "CpuArchitecture"},
	"batch NetworkConfiguration":         {read: map[string]string{"AssignPublicIp": "public addresses"}},
	"batch Volume": {
		read: map[string]string{
			"EfsVolumeConfiguration":     "mounted through the mount targets in the VPC, which is not a call",
			"S3filesVolumeConfiguration": "mounted; AWS does not document which endpoints that needs",
		},
		noCall: "Host Name",
	},
	"batch EFSVolumeConfiguration":        {noCall: "AuthorizationConfig FileSystemId RootDirectory TransitEncryption TransitEncryptionPort"},
	"batch EFSAuthorizationConfig":        {noCall: "AccessPointId Iam"},
	"batch S3FilesVolumeConfiguration":    {notDocumented: "AccessPointArn FileSystemArn RootDirectory TransitEncryptionPort"},
	"batch ConsumableResourceProperties":  {noCall: "ConsumableResourceList"},
	"batch ConsumableResourceRequirement": {noCall: "ConsumableResource Quantity"},
	"batch Device":                        {noCall: "ContainerPath HostPath Permissions"},
	"batch EphemeralStorage":              {noCall: "SizeInGiB"},
	"batch EvaluateOnExit":                {noCall: "Action OnExitCode OnReason OnStatusReason"},
	"batch Host":                          {noCall: "SourcePath"},
	"batch JobTimeout":                    {noCall: "AttemptDurationSeconds"},
	"batch KeyValuePair":                  {noCall: "Name Value"},
	"batch LinuxParameters":               {noCall: "Devices InitProcessEnabled MaxSwap SharedMemorySize Swappiness Tmpfs"},
	"batch MountPoint":                    {noCall: "ContainerPath ReadOnly SourceVolume"},
	"batch ResourceRequirement":           {noCall: "Type Value"},
	"batch RetryStrategy":                 {noCall: "Attempts EvaluateOnExit"},
	"batch TaskContainerDependency":       {noCall: "Condition ContainerName"},
	"batch Tmpfs":                         {noCall: "ContainerPath MountOptions Size"},
	"batch Ulimit":                        {noCall: "HardLimit Name SoftLimit"},
	// What jobs on Amazon EKS do is not planned: E-EKS reports their compute environment.
	"batch EksProperties": {noCall: "PodProperties"},

	// Compute environments.
	"batch ComputeEnvironmentDetail": {
		read: map[string]string{
			"ComputeEnvironmentArn":      "the name",
			"ComputeEnvironmentName":     "the name",
			"ComputeResources":           "where the jobs run",
			"ContainerOrchestrationType": "jobs on Amazon EKS are not supported",
			"EcsClusterArn":              "the container instances",
			"State":                      "whether jobs are placed",
			"Status":                     "whether jobs are placed",
			"StatusReason":               "why an environment is INVALID",
		},
		noCall: "Context EksConfiguration ServiceRole Tags Type UnmanagedvCpus UpdatePolicy Uuid",
	},
	"batch ComputeResource": {
		read: map[string]string{
			"Type":             "Fargate or instances",
			"Subnets":          "the subnets of the jobs",
			"SecurityGroupIds": "the security groups of the jobs",
			"InstanceRole":     "the role of the agents",
			"LaunchTemplate":   "it can set other security groups",
		},
		noCall: "AllocationStrategy BidPercentage DesiredvCpus Ec2Configuration Ec2KeyPair ImageId InstanceTypes MaxvCpus MinvCpus PlacementGroup ScalingPolicy SpotIamFleetRole Tags",
	},
	"batch ComputeScalingPolicy":                {noCall: "MinScaleDownDelayMinutes"},
	"batch Ec2Configuration":                    {noCall: "BatchImageStatus ImageIdOverride ImageKubernetesVersion ImageType"},
	"batch EksConfiguration":                    {noCall: "EksClusterArn KubernetesNamespace"},
	"batch LaunchTemplateSpecification":         {noCall: "LaunchTemplateId LaunchTemplateName Overrides UserdataType Version"},
	"batch LaunchTemplateSpecificationOverride": {noCall: "LaunchTemplateId LaunchTemplateName TargetInstanceTypes UserdataType Version"},
	"batch UpdatePolicy":                        {noCall: "JobExecutionTimeoutMinutes TerminateJobsOnUpdate"},
}

// fieldClasses classifies the fields of one type: those that the wizard reads, with what each shows;
// those that make neither the agent nor the containers call an endpoint; and those with calls that AWS
// does not document.
type fieldClasses struct {
	read                  map[string]string
	noCall, notDocumented string // names, separated by spaces
}

var logFields = fieldClasses{read: map[string]string{"LogDriver": "where the logs go", "Options": "the destination", "SecretOptions": "secrets and parameters"}}
