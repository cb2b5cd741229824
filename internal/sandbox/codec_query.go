package sandbox

import (
	"bytes"
	"encoding/xml"
	"reflect"
)

// queryNamespaces are the XML namespaces of the services with the Query protocol. Unknown
// services get that of STS.
var queryNamespaces = map[string]string{
	"iam":                  "https://iam.amazonaws.com/doc/2010-05-08/",
	"elasticloadbalancing": "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
	"route53":              "https://route53.amazonaws.com/doc/2013-04-01/", // for its errors
}

func queryNamespace(service string) string {
	if n, ok := queryNamespaces[service]; ok {
		return n
	}
	return "https://sts.amazonaws.com/doc/2011-06-15/"
}

var queryStyle = xmlStyle{upperFirst, "member"}

func encodeQuery(service, operation, requestID string, out any) []byte {
	var b bytes.Buffer
	b.WriteString(xml.Header + "<" + operation + `Response xmlns="` + queryNamespace(service) + `"><` + operation + "Result>")
	queryStyle.writeMembers(&b, reflect.ValueOf(out))
	b.WriteString("</" + operation + "Result><ResponseMetadata>")
	writeElement(&b, "RequestId", requestID)
	b.WriteString("</ResponseMetadata></" + operation + "Response>")
	return b.Bytes()
}

func encodeQueryError(service string, e *apiError, requestID string) []byte {
	var b bytes.Buffer
	b.WriteString(xml.Header + `<ErrorResponse xmlns="` + queryNamespace(service) + `"><Error><Type>Sender</Type>`)
	writeElement(&b, "Code", e.Code)
	writeElement(&b, "Message", e.Message)
	b.WriteString("</Error>")
	writeElement(&b, "RequestId", requestID)
	b.WriteString("</ErrorResponse>")
	return b.Bytes()
}
