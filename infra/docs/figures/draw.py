"""Primitives for the figures of infra/docs: boxes, arrows and text as SVG that is readable in light and dark mode.

Standard library only. Every colour is a class; the style sheet says what it is in each mode. A figure has a ground of
its own, so that it is readable on any page, whatever mode the page is in. There is no font but the reader's own, so
text() refuses what would not fit in a wide one.
"""

from html import escape

SANS = "system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"
MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace"

# class: (property, light, dark)
COLOURS = {
    "ground": ("fill", "#ffffff", "#0d1117"),
    "panel": ("fill", "#f6f8fa", "#161b22"),
    "box": ("fill", "#ffffff", "#0d1117"),
    "ink": ("fill", "#1f2328", "#e6edf3"),
    "soft": ("fill", "#59636e", "#9ea7b3"),
    "good": ("fill", "#116329", "#56d364"),
    "bad": ("fill", "#b3111d", "#ff8a80"),
    "yellow": ("fill", "#ffd33d", "#ffd33d"),
    "blue": ("fill", "#9ecbff", "#9ecbff"),
    "green": ("fill", "#a6e3a1", "#a6e3a1"),
    "on": ("fill", "#1f2328", "#1f2328"),  # text on a tenant's colour
    "goodfill": ("fill", "#dafbe1", "#12301c"),
    "badfill": ("fill", "#ffebe9", "#3d1518"),
    "partfill": ("fill", "#fff8c5", "#2f2a10"),
    "edge": ("stroke", "#6e7781", "#8b949e"),
    "goodedge": ("stroke", "#1a7f37", "#3fb950"),
    "badedge": ("stroke", "#cf222e", "#f85149"),
    "yellowedge": ("stroke", "#b08800", "#ffd33d"),
    "head": ("fill", "#6e7781", "#8b949e"),
}


def style():
    def rules(mode):
        return "".join(f".{n}{{{c[0]}:{c[mode]}}}" for n, c in COLOURS.items())

    return (
        f"text{{font-family:{SANS}}}.mono{{font-family:{MONO}}}.bold{{font-weight:600}}"
        ".edge,.goodedge,.badedge,.yellowedge{stroke-width:1.4}.line{fill:none}.dash{stroke-dasharray:5 4}"
        f"{rules(1)}@media (prefers-color-scheme:dark){{{rules(2)}}}"
    )


class Figure:
    def __init__(self, name, width, height, title, description):
        self.name, self.width, self.height = name, width, height
        self.title, self.description = title, description
        self.parts = []

    def add(self, part):
        self.parts.append(part)

    def rect(self, x, y, w, h, fill="box", edge="edge", r=8, dash=False):
        classes = " ".join(filter(None, [fill, edge, "dash" if dash else ""]))
        self.add(f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="{r}" class="{classes}"/>')

    def text(self, x, y, s, size=14, ink="ink", anchor="start", bold=False, mono=False, room=None):
        """One line. room is how wide it may be, by default to the figure's edge."""
        wide = len(s) * size * (0.602 if mono else 0.55 if not bold else 0.585)
        if room is None:
            room = {"start": self.width - x - 8, "end": x - 8, "middle": 2 * min(x, self.width - x) - 16}[anchor]
        if wide > room:
            raise ValueError(f"{self.name}: {s!r} is about {wide:.0f} wide, there is room for {room:.0f}")
        classes = " ".join(filter(None, [ink, "bold" if bold else "", "mono" if mono else ""]))
        self.add(f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" class="{classes}">{escape(s)}</text>')

    def lines(self, x, y, texts, size=13, step=None, **kw):
        for i, s in enumerate(texts):
            self.text(x, y + i * (step or size * 1.45), s, size=size, **kw)

    def pill(self, x, y, w, s, colour="yellow", size=13, h=24, mono=True):
        """A name in a tenant's colour."""
        self.add(f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="{h / 2}" class="{colour}"/>')
        self.text(x + w / 2, y + h / 2 + size * 0.36, s, size=size, ink="on", anchor="middle", mono=mono, room=w - 12)

    def arrow(self, x1, y1, x2, y2, edge="edge", dash=False):
        """A straight arrow, along one axis."""
        dx, dy = (x2 > x1) - (x2 < x1), (y2 > y1) - (y2 < y1)
        self.add(f'<path d="M{x1} {y1}L{x2 - 7 * dx} {y2 - 7 * dy}" class="{edge} line{" dash" if dash else ""}"/>')
        fill = {"edge": "head", "goodedge": "good", "badedge": "bad"}[edge]
        self.add(
            f'<path d="M{x2} {y2}L{x2 - 9 * dx + 5 * dy} {y2 - 9 * dy + 5 * dx}L{x2 - 9 * dx - 5 * dy} {y2 - 9 * dy - 5 * dx}Z" class="{fill}"/>'
        )

    def line(self, x1, y1, x2, y2, edge="edge", dash=False):
        self.add(f'<path d="M{x1} {y1}L{x2} {y2}" class="{edge} line{" dash" if dash else ""}"/>')

    def mark(self, x, y, good, size=16):
        self.text(x, y, "✓" if good else "✗", size=size, ink="good" if good else "bad", bold=True)

    def write(self, folder):
        with open(folder / f"{self.name}.svg", "w", encoding="utf-8") as f:
            f.write(
                f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{self.height}" '
                f'viewBox="0 0 {self.width} {self.height}" role="img" aria-labelledby="t d">\n'
                f'<title id="t">{escape(self.title)}</title>\n<desc id="d">{escape(self.description)}</desc>\n'
                f"<style>{style()}</style>\n"
                f'<rect width="{self.width}" height="{self.height}" rx="10" class="ground"/>\n'
            )
            f.write("\n".join(self.parts))
            f.write("\n</svg>\n")
