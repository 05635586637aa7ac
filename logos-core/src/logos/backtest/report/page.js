"use strict";
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  // The figures are written in the colours of the light page; these are their relatives on the dark one.
  const relatives = {
    "#0072B2": "#56B4E9", "#B36B00": "#E69F00", "#D55E00": "#F0823C",
    "#6B7280": "#A2ABB7", "#E5E7EB": "#313A45", "#1F2933": "#E6E9ED",
  };
  const written = JSON.parse(document.getElementById("figures").textContent);
  const settings = { displaylogo: false, responsive: true, modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d"] };
  const painted = (figure, night) => {
    let text = JSON.stringify(figure);
    if (night) for (const [light, other] of Object.entries(relatives)) text = text.replaceAll(light, other);
    return JSON.parse(text);
  };
  const draw = (night) => {
    for (const [name, figure] of Object.entries(written)) {
      const { data, layout } = painted(figure, night);
      layout.hoverlabel.bgcolor = night ? "#1c2229" : "#ffffff";
      Plotly.react(`chart-${name}`, data, layout, settings);
    }
  };
  dark.addEventListener("change", () => draw(dark.matches));
  addEventListener("beforeprint", () => draw(false));
  addEventListener("afterprint", () => draw(dark.matches));
  draw(dark.matches);
})();
