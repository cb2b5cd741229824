package tui

import (
	"image/color"
	"math"
	"testing"

	"charm.land/lipgloss/v2"
)

// TestContrast computes the contrast of each color of a text by WCAG 2.2 (success criterion 1.4.3): at least 4.5 on the
// backgrounds of common themes of terminals.
func TestContrast(t *testing.T) {
	for dark, backgrounds := range map[bool][]string{
		true:  {"#000000", "#0D1117", "#1E1E1E", "#282A36", "#002B36", "#2E3440"},
		false: {"#FFFFFF", "#F6F8FA", "#FDF6E3", "#EFF1F5"},
	} {
		st := newStyles(dark)
		for name, style := range map[string]lipgloss.Style{"dim": st.dim, "accent": st.accent, "good": st.good, "warn": st.warn, "bad": st.bad, "cursor": st.cursor, "endpoint": st.endpoint} {
			text := style.GetForeground()
			if _, none := text.(lipgloss.NoColor); none {
				t.Errorf("%s has no color", name)
				continue
			}
			for _, b := range backgrounds {
				if c := contrast(text, lipgloss.Color(b)); c < 4.5 {
					t.Errorf("dark %v: %s on %s has a contrast of %.2f", dark, name, b, c)
				}
			}
			if c := contrast(text, st.band); c < 4.5 {
				t.Errorf("dark %v: %s on the band has a contrast of %.2f", dark, name, c)
			}
		}
		for name, style := range map[string]lipgloss.Style{"title": st.title, "text": st.text, "button": st.button, "chosen": st.chosen, "sandbox": st.sandbox} {
			if _, none := style.GetForeground().(lipgloss.NoColor); !none { // the colors of the terminal
				t.Errorf("%s has a color that this test does not know", name)
			}
		}
	}
}

// contrast returns the contrast ratio of two colors.
func contrast(a, b color.Color) float64 {
	x, y := luminance(a), luminance(b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	channel := func(v uint32) float64 {
		f := float64(v) / 0xffff
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(r) + 0.7152*channel(g) + 0.0722*channel(b)
}
