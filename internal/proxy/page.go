package proxy

import (
	"net/http"
	"strconv"
)

// elbServer is the Server field of answers that the load balancer makes.
const elbServer = "awselb/2.0"

// reasonPhrase is the reason phrase of the load balancer's own answers.
func reasonPhrase(status int) string {
	switch status {
	case 414:
		return "Request-URI Too Large"
	case 463:
		return ""
	case 464:
		return ""
	case 500:
		return "Internal Server Error"
	case 503:
		return "Service Temporarily Unavailable"
	case 504:
		return "Gateway Time-out"
	}
	return http.StatusText(status)
}

// statusLine is "503 Service Temporarily Unavailable".
func statusLine(status int) string {
	if phrase := reasonPhrase(status); phrase != "" {
		return strconv.Itoa(status) + " " + phrase
	}
	return strconv.Itoa(status)
}

// elbPage is the body of an answer that the load balancer makes.
func elbPage(status int) string {
	line := statusLine(status)
	return "<html>\r\n<head><title>" + line + "</title></head>\r\n<body>\r\n<center><h1>" + line +
		"</h1></center>\r\n</body>\r\n</html>\r\n"
}

// answer is a complete answer of the load balancer itself.
type answer struct {
	status      int
	contentType string
	location    string
	body        string
}

// elbAnswer is the answer of a status that the load balancer produces.
func elbAnswer(status int) *answer {
	return &answer{status: status, contentType: "text/html", body: elbPage(status)}
}
