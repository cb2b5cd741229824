package sandbox

import (
	"bytes"
	"encoding/xml"
	"reflect"
)

const stsNamespace = "https://sts.amazonaws.com/doc/2011-06-15/"

func encodeSTS(operation, requestID string, out any) []byte {
	var b bytes.Buffer
	b.WriteString(xml.Header + "<" + operation + `Response xmlns="` + stsNamespace + `"><` + operation + "Result>")
	writeMembers(&b, reflect.ValueOf(out), upperFirst)
	b.WriteString("</" + operation + "Result><ResponseMetadata>")
	writeElement(&b, "RequestId", requestID)
	b.WriteString("</ResponseMetadata></" + operation + "Response>")
	return b.Bytes()
}

func encodeSTSError(e *apiError, requestID string) []byte {
	var b bytes.Buffer
	b.WriteString(xml.Header + `<ErrorResponse xmlns="` + stsNamespace + `"><Error><Type>Sender</Type>`)
	writeElement(&b, "Code", e.Code)
	writeElement(&b, "Message", e.Message)
	b.WriteString("</Error>")
	writeElement(&b, "RequestId", requestID)
	b.WriteString("</ErrorResponse>")
	return b.Bytes()
}
