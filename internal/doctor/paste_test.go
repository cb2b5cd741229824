package doctor_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/privatelink-wizard/privatelink-wizard/internal/doctor"
	"github.com/privatelink-wizard/privatelink-wizard/internal/printable"
)

// labels returns the causes of a text with their services.
func labels(text string) []string {
	var out []string
	for _, c := range doctor.Explain(doctor.Source{Text: text}).Causes {
		out = append(out, label(c)+" "+string(c.Certainty))
	}
	return out
}

// TestServiceRegionAndAddressDoNotMatter replaces what a rule must not depend on: the service, the Region and its partition, the account, the names, and the
// address within its class. The kinds and their order stay, and the causes have the new service.
func TestServiceRegionAndAddressDoNotMatter(t *testing.T) {
	type place struct{ region, domain, arn string }
	places := []place{{"us-east-1", "amazonaws.com", "aws"}, {"ap-southeast-5", "amazonaws.com", "aws"}, {"cn-northwest-1", "amazonaws.com.cn", "aws-cn"}, {"us-gov-east-1", "amazonaws.com", "aws-us-gov"}, {"eusc-de-east-1", "amazonaws.eu", "aws-eusc"}}
	classes := map[string][]string{
		"private": {"10.0.3.17", "172.20.1.1", "192.168.4.5", "100.64.9.9", "10.x.x.x", "10.*.*.*"},
		"public":  {"44.213.79.104", "13.53.180.1", "52.94.7.7", "18.x.x.x", "35.*.*.*"},
	}
	forms := []string{
		`RequestError: send request failed caused by: Post "https://%[1]s.%[2]s.%[3]s/": dial tcp %[4]s:443: i/o timeout`,
		"operation failed for arn:%[5]s:iam::%[6]s:role/%[7]s: Connect to %[1]s.%[2]s.%[3]s:443 [%[1]s.%[2]s.%[3]s/%[4]s] failed: connect timed out",
		`connect ETIMEDOUT %[4]s:443 %[1]s.%[2]s.%[3]s`,
	}
	services := []string{"sqs", "monitoring", "states", "lambda", "kms", "xray"}
	for class, addresses := range classes {
		for _, form := range forms {
			var want []string
			for i, p := range places {
				for j, address := range addresses {
					service := services[(i+j)%len(services)]
					text := fmt.Sprintf(form, service, p.region, p.domain, address, p.arn, []string{"111122223333", "999988887777"}[j%2], []string{"web", "kdfjgh"}[i%2])
					got := labels(text)
					for k := range got {
						got[k] = strings.Replace(got[k], " "+service+" ", " SERVICE ", 1)
					}
					if want == nil {
						want = got
					}
					if len(got) == 0 || !slices.Equal(got, want) {
						t.Errorf("%s: %q has %q, want %q", class, text, got, want)
					}
				}
			}
		}
	}
}

// TestPastes explains the same message in forms that people paste. The causes stay.
func TestPastes(t *testing.T) {
	const message = `CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref "111122223333.dkr.ecr.us-east-1.amazonaws.com/api:v42": failed to do request: Head "https://111122223333.dkr.ecr.us-east-1.amazonaws.com/v2/api/manifests/v42": dial tcp 10.0.3.17:443: i/o timeout`
	want := labels(message)
	quoted, _ := json.Marshal(message)
	var wrapped []string
	for rest := message; rest != ""; {
		n := min(71, len(rest))
		wrapped, rest = append(wrapped, rest[:n]), rest[n:]
	}
	for name, text := range map[string]string{
		"wrapped":         strings.Join(wrapped, "\n"),
		"wrapped and CR":  strings.Join(wrapped, "\r\n"),
		"colors":          "\x1b[31;1m" + strings.ReplaceAll(message, ": ", ":\x1b[0m ") + "\x1b]0;title\a",
		"entities":        strings.ReplaceAll(message, `"`, "&quot;"),
		"curly quotes":    strings.ReplaceAll(message, `"`, "“"),
		"invisible":       strings.ReplaceAll(message, "amazonaws", "amazon\u200baws"),
		"tasks":           `{"tasks":[{"group":"service:web","containers":[{"name":"web","reason":` + string(quoted) + `}],"stoppedReason":"Task failed to start"}]}`,
		"broken JSON":     `      "reason": ` + string(quoted) + ",\n",
		"a log of Docker": `{"log":` + string(quoted) + `,"stream":"stderr","time":"2026-01-01T00:00:00Z"}` + "\n" + `{"log":"done\n","stream":"stdout","time":"2026-01-01T00:00:01Z"}`,
		"a quote":         "> " + strings.Join(wrapped, "\n> "),
		"Terraform":       "╷\n│ " + message + "\n│ \n╵",
		"other messages":  "2026-01-01T00:00:00Z INFO see https://docs.aws.amazon.com/x\n2026-01-01T00:00:01Z INFO connected to logs.us-east-1.amazonaws.com 10.9.9.9\n2026-01-01T00:00:02Z ERROR " + message + "\n2026-01-01T00:00:03Z INFO retry in 10s",
		"Japanese":        "停止理由：" + message,
		"no breaks kept":  strings.ReplaceAll(message, "manifests/v42", "manifests/\nv42"),
	} {
		r := doctor.Explain(doctor.Source{Text: text})
		var got []string
		for _, c := range r.Causes {
			got = append(got, label(c)+" "+string(c.Certainty))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q\n%s", name, got, want, r.Messages[0].Text)
		}
		if d := r.Messages[0].Details; d.Host != "111122223333.dkr.ecr.us-east-1.amazonaws.com" || d.Address != "10.0.3.17" || d.Region != "us-east-1" || d.Account != "111122223333" {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

// TestOneFailureOfSeveral: the host of one line is not mixed with the error of another, and the first failure explains those after it.
func TestOneFailureOfSeveral(t *testing.T) {
	r := doctor.Explain(doctor.Source{Text: "level=info time=2026-01-01T00:00:00Z msg=\"connected\" host=logs.us-east-1.amazonaws.com\n" +
		"level=error time=2026-01-01T00:00:01Z msg=\"dial tcp 10.0.0.9:443: i/o timeout\" host=ecs.us-east-1.amazonaws.com\n" +
		"level=error time=2026-01-01T00:00:31Z msg=\"NoCredentialProviders: no valid providers in chain\"\n"})
	if got := label(r.Causes[0]); got != "endpoint-sg ecs" {
		t.Errorf("%s", got)
	}
	events := "2026-05-01 10:05:00 +0000 (service web) was unable to place a task. Reason: CannotPullContainerError: name unknown: x\n" +
		"2026-05-01 10:01:00 +0000 (service web) was unable to place a task. Reason: Unexpected EC2 error: InsufficientFreeAddressesInSubnet"
	r = doctor.Explain(doctor.Source{Text: events})
	if got := label(r.Causes[0]); got != "no-free-address" || !slices.Equal(r.Messages[0].Details.Names, []string{"web"}) {
		t.Errorf("%s %v", got, r.Messages[0].Details.Names)
	}
}

// TestNoFailure: a text without a failure has no causes, and says so.
func TestNoFailure(t *testing.T) {
	for _, text := range []string{"", "\n", "Hello", "service web has reached a steady state.", `{"tasks":[]}`, "https://sts.amazonaws.com is the global name of ecs-tasks.amazonaws.com"} {
		r := doctor.Explain(doctor.Source{Text: text})
		if len(r.Causes) != 0 || r.Check != "" || len(r.Messages) != 1 || !strings.Contains(r.Messages[0].Failure, "no failure") {
			t.Errorf("%q: %+v", text, r)
		}
	}
	if r := doctor.Explain(); r.Version != doctor.Version || r.Messages == nil || r.Causes == nil {
		t.Errorf("%+v", r)
	}
}

// TestSeveralSources: causes of several messages are merged by kind and service, the most certain first, and of equal ones those of the message that was read most often.
func TestSeveralSources(t *testing.T) {
	timeout := func(service string) string {
		return `Post "https://` + service + `.us-east-1.amazonaws.com/": dial tcp 10.0.0.9:443: i/o timeout`
	}
	r := doctor.Explain(doctor.Source{Text: timeout("logs"), Times: 1}, doctor.Source{Text: timeout("kms"), Times: 9, Subject: "prod/web", Where: doctor.ServiceEvent}, doctor.Source{Text: timeout("logs")}, doctor.Source{Text: "OutOfMemoryError: Container killed due to memory usage"})
	var got []string
	for _, c := range r.Causes {
		got = append(got, label(c))
	}
	want := []string{"out-of-memory", "endpoint-sg kms", "endpoint-sg logs", "egress-sg kms", "egress-sg logs", "nacl kms", "nacl logs"}
	if !slices.Equal(got, want) || len(r.Messages) != 4 || r.Messages[1].Subject != "prod/web" || r.Messages[1].Where != doctor.ServiceEvent || r.Messages[1].Times != 9 || !strings.Contains(r.Check, "memory") {
		t.Errorf("%q, want %q; %q", got, want, r.Check)
	}
}

// canary is part of every credential below.
const canary = "Zq7Canary9Xw"

// credentials are the forms of credentials in pastes.
var credentials = []string{
	"AWS_SECRET_ACCESS_KEY=" + canary + "/K7MDENG+bPxRfiCYEXAMPLEKEYa",
	`"SecretAccessKey": "` + canary + `"`,
	`\"SecretAccessKey\":\"` + canary + `\"`,
	"secret_key = " + canary,
	"aws_session_token=" + canary + "==",
	`"SessionToken" : "` + canary + `/x+y=="`,
	"https://b.s3.amazonaws.com/k?X-Amz-Credential=" + canary + "%2F20260101&X-Amz-Security-Token=" + canary + "&X-Amz-Signature=" + canary,
	"Authorization: AWS4-HMAC-SHA256 Credential=" + canary + "/20260101/us-east-1, Signature=" + canary,
	"Authorization: Bearer " + canary,
	"Proxy-Authorization: Basic " + canary,
	"http://user:" + canary + "@proxy.example.com:3128",
	"HTTPS_PROXY=https://" + canary + ":" + canary + "@10.0.0.1:3128/",
	"docker login -u AWS --password " + canary + " 111122223333.dkr.ecr.us-east-1.amazonaws.com",
	`{"auths":{"https://index.docker.io/v1/":{"auth":"` + canary + `"}}}`,
	`"authorizationToken": "` + canary + `"`,
	"PGPASSWORD=" + canary,
	"DB_PASSWORD: '" + canary + " with a space'",
	"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0" + canary + ".SflKxwRJSMeKKF2QT4" + canary,
	"QVdTOmV5SnlXY" + canary,
	"ghp_" + canary + "0123456789abcdefgh",
	"-----BEGIN RSA PRIVATE KEY-----\nMIIEow" + canary + "\n" + canary + "\n-----END RSA PRIVATE KEY-----",
	"-----BEGIN PRIVATE KEY-----\n" + canary,
	"Cookie: session=" + canary + "; other=" + canary,
	"client_secret=" + canary,
	"IQoJb3JpZ2luX2VjE" + canary,
	"<SecretAccessKey>" + canary + "</SecretAccessKey>",
	`{"name": "DB_PASSWORD", "value": "` + canary + `"}`,
	`{"Value": "` + canary + `", "Name": "SMTP_PASS"}`,
	"environment:\n  - name: JWT_SECRET\n    value: " + canary,
	"name=API_TOKEN,value=" + canary,
	"DB_PASS=" + canary, "SMTP_PASS: " + canary, "MYSQL_PWD=" + canary, "APP_SECRET=" + canary, "JWT_SECRET: " + canary, "SECRET_KEY=" + canary, "SECRET_KEY_BASE=" + canary, "ENCRYPTION_KEY=" + canary, "AIRFLOW__CORE__FERNET_KEY=" + canary + "=",
	"DefaultEndpointsProtocol=https;AccountKey=" + canary + "==;EndpointSuffix=x", "TOKEN: " + canary, `{"token":"` + canary + `"}`, "sessionToken: " + canary, "Server=h;Uid=u;Pwd=" + canary + ";",
	"docker login -u bob -p " + canary + " registry.example.net", "docker login -ubob -p" + canary, "curl -u bob:" + canary + " -o x", "curl --user bob:" + canary, "mysql -uroot -p" + canary + " db", "sshpass -p " + canary,
	"https://user:" + canary + "/more@h.example.net/x", "https://user:a/" + canary + "@h.example.net/x", "jdbc:oracle:thin:scott/" + canary + "@//h:1521/x",
	"sk_live_" + canary + "0123456789", "sk-proj-" + canary + "0123456789",
	"hooks.slack.com/services/T00000000/B00000000/" + canary, "https://discord.com/api/webhooks/1/" + canary,
	"Encoded authorization failure message: " + canary + "-KPWQ_8q5z3",
}

// accessKeys are access key ids, and a secret key and a session token without a name.
var accessKeys = []string{
	"AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
	strings.Repeat("Zq7CanaryX9wAb3", 10),
}

// TestNoCredentials: no form of a credential is in a report, at any place of a text.
func TestNoCredentials(t *testing.T) {
	const failure = `Post "https://kms.us-east-1.amazonaws.com/": dial tcp 10.0.0.9:443: i/o timeout`
	for _, c := range slices.Concat(credentials, accessKeys) {
		quoted, _ := json.Marshal("before " + c + " after " + failure)
		for _, text := range []string{c, failure + " " + c, c + "\n" + failure, "x=" + c + ", " + failure, `{"message":` + string(quoted) + `}`, string(quoted), "level=error msg=" + string(quoted)} {
			r := doctor.Explain(doctor.Source{Text: text})
			out, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			for _, bad := range append([]string{canary}, accessKeys...) {
				if strings.Contains(string(out), bad) {
					t.Errorf("%q is in the report of %q:\n%s", bad, text, r.Messages[0].Text)
				}
			}
			if strings.Contains(text, failure) && !strings.Contains(text, "PRIVATE KEY") && (len(r.Causes) == 0 || label(r.Causes[0]) != "endpoint-sg kms") {
				t.Errorf("%q: %+v\n%s", text, r.Causes, r.Messages[0].Text)
			}
		}
	}
}

// TestNextLine: the value of a name on the line after it.
func TestNextLine(t *testing.T) {
	for _, text := range []string{"password:\n  " + canary, "password: |\n  " + canary, "DB_PASSWORD:\n" + canary} {
		if got := doctor.Explain(doctor.Source{Text: text}).Messages[0].Text; strings.Contains(got, canary) {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// TestTextIsKept: what is not a credential remains.
func TestTextIsKept(t *testing.T) {
	for _, text := range []string{
		"failed to fetch secret arn:aws:secretsmanager:us-east-1:111122223333:secret:rds!db-0a1b2c3d-5e6f-4a7b-8c9d-0e1f2a3b4c5d from secrets manager",
		"operation error ECR: GetAuthorizationToken, exceeded maximum number of attempts, 3",
		"layer sha256:0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9 of image x",
		"preventing authorization to ECS, or customized AMI", `C:\ProgramData\Amazon\ECS\log\new.log`, "token: not found", "request id: 0a1b2c3d-214b-4704-ad1e-0a1b2c3d4e5f",
		"commit 9c1185a5c5e9fc54612808977ee8f548b2258d31", "GetAuthorizationToken: RequestError", "/usr/local/lib/python3.11/site-packages/botocore/httpsession.py",
		`{"name": "DB_PASSWORD", "valueFrom": "arn:aws:secretsmanager:us-east-1:111122223333:secret:db"}`, "kms_key=arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d", "Key=Name,Value=web", `{"name": "LOG_LEVEL", "value": "debug"}`,
		"https://h.example.net:443/a@b", "invalid_token: expired", "The tag policy does not allow the value for the following tag key: 'CostCenter'", "did not contain json key password", "curl -u bob https://h.example.net/x", "docker run -p 80:80 mysql", "secret: not found",
	} {
		if got := doctor.Explain(doctor.Source{Text: text}).Messages[0].Text; got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// check reports what a report must not have, whatever the text is.
func check(t *testing.T, text string, r doctor.Report) {
	t.Helper()
	out, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var plain strings.Builder
	walk(r, &plain)
	for c := range strings.SplitSeq(plain.String(), "\n") {
		if !utf8.ValidString(c) || strings.ContainsFunc(c, printable.Unsafe) {
			t.Errorf("%q has %q", text, c)
		}
	}
	if len(out) > 12*len(text)+40_000 {
		t.Errorf("%d bytes have a report of %d", len(text), len(out))
	}
	if len(r.Causes) > 0 && r.Check == "" {
		t.Errorf("%q has no check", text)
	}
	for i, c := range r.Causes {
		if c.Text == "" || c.Check == "" || c.Page.Title == "" || !strings.HasPrefix(c.Page.URL, "https://docs.aws.amazon.com/") || strings.ContainsAny(c.Text+c.Check, "{}") {
			t.Errorf("cause %+v", c)
		}
		if i > 0 && c.Certainty == doctor.Certain {
			t.Errorf("%s is certain, but not first", c.Kind)
		}
	}
}

// walk writes the texts of a report.
func walk(r doctor.Report, out *strings.Builder) {
	for _, m := range r.Messages {
		fmt.Fprintf(out, "%s\n%s\n%s\n", m.Text, m.Failure, m.Details.Host)
		for _, f := range m.Evidence {
			out.WriteString(f.Name + f.Text + "\n")
		}
		d := m.Details
		out.WriteString(strings.Join(append(append(d.IDs, d.Names...), d.Service, d.Region, d.Account, d.Address, d.Action, d.Principal, d.Resource, d.Code, d.RequestID, d.Image), "\n") + "\n")
	}
	for _, c := range r.Causes {
		out.WriteString(c.Text + "\n" + c.Check + "\n")
	}
	out.WriteString(r.Check)
}

// TestReports checks the form of the reports of all texts.
func TestReports(t *testing.T) {
	for _, tt := range texts {
		check(t, tt.text, doctor.Explain(doctor.Source{Text: tt.text}))
	}
}

// TestLongTexts: the time grows with the length only, whatever a text repeats. A command reads at most 1 MiB.
func TestLongTexts(t *testing.T) {
	for _, part := range []string{"a", "a.b ", "\n", "x\n", "arn:", "arn:aws:ecs:us-east-1:1:x/y ", "{", "[", `"\\`, `\\"`, "\x1b[", "10.0.0.1 ", "::1 ", "(service ", "service ", "password", "password=", "://", "eyJ", "com.amazonaws.", "certificate is valid for a.com, not b.com ", "level=error i/o timeout\n", "x.us-east-1.amazonaws.com\n", "vpc-0a1b2c3d ", "PRIVATE KEY-----", "User: ", "&amp;", "A", "lookup ", "i/o timeout "} {
		text := strings.Repeat(part, 1<<17/len(part))
		if r := doctor.Explain(doctor.Source{Text: text}); len(r.Messages) != 1 {
			t.Errorf("%q: %d messages", part, len(r.Messages))
		}
	}
}

func FuzzExplain(f *testing.F) {
	for _, tt := range texts {
		f.Add(tt.text)
	}
	for _, c := range credentials {
		f.Add(c)
	}
	f.Add("{\"a\":[[[{\"log\":\"x\\u0000\\ud800\"}]]]}\x1b[\x1b]\\")
	f.Add("not authorized to perform: 0{:0")
	f.Add("Zq7Canar\xe4y9Xw")
	f.Add("a.b\n.amazonaws.com\n10.\n0.0.1:443\n[::1]:5 (service ) User: ")
	f.Fuzz(func(t *testing.T, text string) {
		r := doctor.Explain(doctor.Source{Text: text})
		check(t, text, r)
		a, _ := json.Marshal(r)
		b, _ := json.Marshal(doctor.Explain(doctor.Source{Text: text}))
		if string(a) != string(b) {
			t.Errorf("%q has two reports", text)
		}
		with := doctor.Explain(doctor.Source{Text: text + " AKIAIOSFODNN7EXAMPLE aws_secret_access_key=" + canary})
		out, _ := json.Marshal(with)
		if strings.Contains(string(out), canary) && !strings.Contains(string(a), canary) || strings.Contains(string(out), "AKIAIOSFODNN7EXAMPLE") {
			t.Errorf("a credential is in the report of %q", text)
		}
	})
}

// agentLog is a log of 64 KiB with a failure in its middle.
func agentLog() string {
	var b strings.Builder
	for i := 0; b.Len() < 64<<10; i++ {
		fmt.Fprintf(&b, "level=info time=2026-03-04T05:%02d:%02dZ msg=\"Managed task [arn:aws:ecs:us-east-1:111122223333:task/prod/%032x]: unchanged\" module=task_manager.go\n", i/60%60, i%60, i)
		if i == 200 {
			b.WriteString("level=error time=2026-03-04T05:03:20Z msg=\"Error connecting to ACS: dial tcp 10.0.1.4:443: i/o timeout\" host=ecs-a.us-east-1.amazonaws.com\n")
		}
	}
	return b.String()
}

func BenchmarkExplain(b *testing.B) {
	for name, text := range map[string]string{"short": texts[0].text, "log": agentLog(), "long": strings.Repeat(agentLog(), 16)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				doctor.Explain(doctor.Source{Text: text})
			}
		})
	}
}
