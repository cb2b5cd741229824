package wire

import (
	"bytes"
	"encoding/xml"
	"reflect"
)

var queryStyle = xmlStyle{upperFirst, "member"}

func encodeQuery(namespace, operation, requestID string, out any) []byte {
	var b bytes.Buffer
	b.WriteString(xml.Header + "<" + operation + `Response xmlns="` + namespace + `"><` + operation + "Result>")
	queryStyle.writeMembers(&b, reflect.ValueOf(out))
	b.WriteString("</" + operation + "Result><ResponseMetadata>")
	writeElement(&b, "RequestId", requestID)
	b.WriteString("</ResponseMetadata></" + operation + "Response>")
	return b.Bytes()
}

func encodeQueryError(namespace string, e *Error, requestID string) []byte {
	var b bytes.Buffer
	b.WriteString(xml.Header + `<ErrorResponse xmlns="` + namespace + `"><Error><Type>Sender</Type>`)
	writeElement(&b, "Code", e.Code)
	writeElement(&b, "Message", e.Message)
	b.WriteString("</Error>")
	writeElement(&b, "RequestId", requestID)
	b.WriteString("</ErrorResponse>")
	return b.Bytes()
}

func encodeRESTXML(out any) []byte {
	b, err := xml.Marshal(out)
	if err != nil {
		panic(err) // plain data can always be marshaled
	}
	return append([]byte(xml.Header), b...)
}
