package tui

import (
	"slices"

	"charm.land/bubbles/v2/viewport"
	tea "charm.land/bubbletea/v2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// scroller shows the part of lines that fits on the screen. The viewport of bubbles keeps the position; its own view pads each
// line, and does not say that more lines follow.
type scroller struct{ view viewport.Model }

// press scrolls. It returns false for other keys.
func (s *scroller) press(k tea.KeyPressMsg) bool {
	switch {
	case is(k, keys.up):
		s.view.ScrollUp(1)
	case is(k, keys.down):
		s.view.ScrollDown(1)
	case is(k, keys.pageUp):
		s.view.PageUp()
	case is(k, keys.pageDown):
		s.view.PageDown()
	case is(k, keys.home):
		s.view.GotoTop()
	case is(k, keys.end):
		s.view.GotoBottom()
	default:
		return false
	}
	return true
}

// visible returns the lines that fit into h lines.
func (s *scroller) visible(lines []string, h int) []string {
	s.view.SetHeight(max(h, 1))
	s.view.SetContentLines(slices.Clone(lines))
	top := s.view.YOffset()
	return slices.Clone(lines[top:min(top+s.view.Height(), len(lines))])
}

// window is like visible, but if more lines follow, its last line says so.
func (s *scroller) window(st *styles, lines []string, h int) []string {
	shown := s.visible(lines, h)
	if more := len(lines) - s.view.YOffset() - len(shown); more > 0 {
		shown[len(shown)-1] = st.dim.Render("… " + words.Counted(more+1, "more line", "more lines") + ": ↓")
	}
	return tall(shown, max(h, 1))
}
