package export

import (
	"cmp"
	"fmt"
	"html"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/netmap"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// HTML is a report for browsers and printers, as one file without scripts and without references to other files.
var HTML = register(Format{Name: "html", Title: "HTML", Text: "the same report as a page to open in a browser and to print", Report: true,
	Needs: "a browser", Existing: "no",
	Details: "The report as one page with a drawing of the network. It can be printed, has a light and a dark appearance, contains no script and loads nothing." + reportDetails + "\n\nTo run it: nothing. Open it in a browser, or attach it to a change request.",
	Write: func(p *plan.Plan, meta Meta) ([]File, error) {
		doc, err := reportOf(p, meta, titleWidth)
		if err != nil {
			return nil, err
		}
		return []File{{Name: cmp.Or(meta.Name, "report") + ".html", Text: webPage(doc), Start: startOfHTML, Mark: reportTitle}}, nil
	},
	Extension: ".html", Run: func(*plan.Plan) ([]string, string) { return nil, "" }})

const startOfHTML = "<!doctype html>\n"

// style of the page. The colors are those of the screens. Print uses the light ones.
const pageStyle = `
:root{color-scheme:light dark;--text:#1f2328;--back:#fff;--muted:#57606a;--line:#d0d7de;--panel:#f6f8fa;--accent:#0550ae;--good:#116329;--warn:#7d4e00;--bad:#a40e26;--endpoint:#6639ba}
@media screen and (prefers-color-scheme:dark){:root{--text:#e6edf3;--back:#0d1117;--muted:#9aa4af;--line:#3d444d;--panel:#161b22;--accent:#79c0ff;--good:#7ee787;--warn:#e3b341;--bad:#ff8e86;--endpoint:#d2a8ff}}
body{margin:0;background:var(--back);color:var(--text);font:16px/1.5 system-ui,sans-serif}
main{max-width:56rem;margin:0 auto;padding:1.5rem 1rem}
h1{font-size:1.5rem;line-height:1.3}h2{font-size:1.2rem;margin-top:2rem;border-bottom:1px solid var(--line)}h3{font-size:1rem;margin-bottom:.3rem}
h1,td,li,p{overflow-wrap:anywhere}a{color:var(--accent)}
table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{border:1px solid var(--line);padding:.3rem .5rem;text-align:left;vertical-align:top}th{background:var(--panel)}.n{text-align:right}
pre{background:var(--panel);border:1px solid var(--line);padding:.6rem;overflow-x:auto;font-size:.8rem}code,pre,svg text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.map{overflow-x:auto}svg{width:100%;min-width:42rem;height:auto}svg text{fill:var(--text);white-space:pre}svg .title{font-weight:bold}svg .muted{fill:var(--muted)}svg .wire{fill:var(--muted)}svg .private{fill:var(--accent)}svg .public,svg .works{fill:var(--good)}svg .planned,svg .existing{fill:var(--endpoint)}svg .warning{fill:var(--warn)}svg .error{fill:var(--bad);font-weight:bold}
@media print{body{font-size:10.5pt}main{max-width:none;padding:0}pre{white-space:pre-wrap;overflow-wrap:anywhere}h2,h3{break-after:avoid}tr,li,.short{break-inside:avoid}svg{min-width:0}details{display:none}}
`

// webPage returns the report as a page.
func webPage(doc *reported) string {
	h := &htmlWriter{}
	h.WriteString(startOfHTML + "<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n" +
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n" +
		"<title>" + escapeHTML(doc.title) + "</title>\n<style>" + pageStyle + "</style>\n</head>\n<body>\n<main>\n<h1>" + escapeHTML(doc.title) + "</h1>\n<p>")
	h.prose(doc.lead)
	h.WriteString("</p>\n")
	for _, s := range doc.sections {
		fmt.Fprintf(h, "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">%s</h2>\n", escapeHTML(s.id), escapeHTML(s.id), escapeHTML(s.title))
		for _, b := range s.blocks {
			h.block(b)
		}
		h.WriteString("</section>\n")
	}
	h.WriteString("</main>\n</body>\n</html>\n")
	return h.String()
}

// htmlWriter writes HTML.
type htmlWriter struct{ strings.Builder }

// escapeHTML returns a text for the content of an element or for an attribute in double quotes.
func escapeHTML(s string) string { return html.EscapeString(clean(s)) }

func (h *htmlWriter) prose(text prose) {
	tags := map[style]string{strong: "strong", literal: "code"}
	for _, s := range text {
		if s.style == linked {
			h.WriteString("<a href=\"" + escapeHTML(s.text) + "\" rel=\"noreferrer\">" + escapeHTML(s.text) + "</a>")
		} else if tag := tags[s.style]; tag != "" {
			h.WriteString("<" + tag + ">" + escapeHTML(s.text) + "</" + tag + ">")
		} else {
			h.WriteString(escapeHTML(s.text))
		}
	}
}

func (h *htmlWriter) block(b node) {
	switch b := b.(type) {
	case paragraph:
		h.WriteString("<p>")
		h.prose(b.prose)
		h.WriteString("</p>\n")
	case heading:
		h.WriteString("<h3>" + escapeHTML(b.text) + "</h3>\n")
	case points:
		tag := map[bool]string{true: "ol", false: "ul"}[b.numbered]
		h.WriteString("<" + tag + ">\n")
		for _, one := range b.items {
			h.WriteString("<li>")
			h.prose(one.prose)
			for _, line := range one.below {
				h.WriteString("<br>")
				h.prose(line)
			}
			h.WriteString("</li>\n")
		}
		h.WriteString("</" + tag + ">\n")
	case table:
		h.WriteString("<table>\n<thead>")
		h.row("th scope=\"col\"", "th", b, b.head)
		h.WriteString("</thead>\n<tbody>\n")
		for _, row := range b.rows {
			h.row("td", "td", b, row)
		}
		h.WriteString("</tbody>\n</table>\n")
	case codeBlock:
		h.lines("", b.text)
	case picture:
		h.drawing(b)
		h.WriteString("<details><summary>The network as text</summary>\n")
		h.lines(` id="drawing-text"`, b.text)
		h.WriteString("</details>\n")
	}
}

func (h *htmlWriter) row(open, end string, t table, cells []string) {
	h.WriteString("<tr>")
	for i, c := range cells {
		class := ""
		if t.right(i) {
			class = ` class="n"`
		}
		h.WriteString("<" + open + class + ">" + escapeHTML(oneLine(c)) + "</" + end + ">")
	}
	h.WriteString("</tr>\n")
}

// lines writes a block with the lines of a text. Keys can scroll it.
func (h *htmlWriter) lines(attributes, text string) {
	h.WriteString("<pre tabindex=\"0\"" + attributes + ">")
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		h.WriteString(escapeHTML(line) + "\n")
	}
	h.WriteString("</pre>\n")
}

// printedLines is the number of lines of a drawing that fit on a printed page. A longer one may continue on the next.
const printedLines = 50

// The size of a column and of a line of a drawing, and of its characters.
const (
	columnSize, lineSize, fontSize = 8, 17, 13
)

// drawing writes the picture as SVG. Each part has its place and its length, so that it fits with every font.
func (h *htmlWriter) drawing(p picture) {
	class := "map"
	if len(p.lines) <= printedLines {
		class += " short"
	}
	fmt.Fprintf(h, "<div class=\"%s\" tabindex=\"0\" role=\"region\" aria-labelledby=\"drawing\">\n", class)
	fmt.Fprintf(h, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"drawing\" aria-describedby=\"drawing-text\" font-size=\"%d\">\n<title id=\"drawing\">%s</title>\n", p.width*columnSize, len(p.lines)*lineSize+4, fontSize, escapeHTML(p.title))
	for y, line := range p.lines {
		x := 0
		for _, s := range line {
			n := words.Width(s.Text)
			said := strings.TrimRight(s.Text, " ")
			start := words.Width(said) - words.Width(strings.TrimLeft(said, " "))
			if said = strings.TrimLeft(said, " "); said != "" {
				class := ""
				if name := toneClasses[s.Tone]; name != "" {
					class = ` class="` + name + `"`
				}
				fmt.Fprintf(h, "<text x=\"%d\" y=\"%d\" textLength=\"%d\" lengthAdjust=\"spacingAndGlyphs\"%s>%s</text>\n", (x+start)*columnSize, (y+1)*lineSize-3, words.Width(said)*columnSize, class, escapeHTML(said))
			}
			x += n
		}
	}
	h.WriteString("</svg>\n</div>\n")
}

// toneClasses are the classes of the tones of a picture.
var toneClasses = map[netmap.Tone]string{
	netmap.Title: "title", netmap.Muted: "muted", netmap.Wire: "wire", netmap.Private: "private", netmap.Public: "public", netmap.Works: "works",
	netmap.Planned: "planned", netmap.Existing: "existing", netmap.Warning: "warning", netmap.Error: "error",
}
