// Draws the figures of a report: plotly.js and the figures come compressed in the page itself.
const unpack = async (id) => {
  const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).text();
};
const draw = async () => {
  const script = document.createElement('script');
  script.textContent = await unpack('palmtl-plotly');
  document.head.append(script);
  const figures = JSON.parse(await unpack('palmtl-figures'));
  const options = { responsive: true, displaylogo: false };
  for (const [i, figure] of figures.entries()) {
    const place = document.getElementById(`figure-${i}`);
    place.replaceChildren();
    await Plotly.newPlot(place, figure.data, figure.layout, options);
  }
  document.body.dataset.drawn = figures.length;
};
draw().catch((e) => {
  document.querySelectorAll('.figure:not(.js-plotly-plot)').forEach((place) => {
    place.textContent = `This figure cannot be drawn here (${e}).`;
  });
});
