function library(model) { // one for the whole page
  if (window.Plotly) return Promise.resolve(window.Plotly);
  return window.palmtlPlotly ??= new Promise(done => {
    const take = (message, buffers) => {
      if (message.kind !== 'plotly') return;
      model.off('msg:custom', take);
      const script = document.createElement('script');
      script.src = URL.createObjectURL(new Blob([buffers[0]], {type: 'text/javascript'}));
      script.onload = () => done(window.Plotly);
      document.head.append(script);
    };
    model.on('msg:custom', take);
    model.send({kind: 'plotly'});
  });
}
function kindOf(data, layout) { // figures of one kind: among them a reader's zoom stays
  const axes = Object.keys(layout).filter(k => /^[xy]axis/.test(k)).sort();
  const titles = axes.map(k => layout[k].title?.text ?? layout[k].title ?? '');
  const types = [...new Set(data.map(t => t.type ?? 'scatter'))].sort();
  const bars = data.map(t => t.showscale ?? true).includes(true);
  return JSON.stringify([types, axes, titles, layout.title?.text ?? '', bars]);
}
function drawIn(plot, data, layout, config) { // anew if the figure is of another kind
  const kind = kindOf(data, layout);
  // plotly leaves margins, ranges and directions of axes behind
  if (plot.palmtlKind !== kind) window.Plotly.purge(plot);
  plot.palmtlKind = kind;
  return window.Plotly.react(plot, data, layout, config);
}
function withTheme(layout) { // in the colours of the page
  const colour = name => getComputedStyle(document.body).getPropertyValue(name).trim();
  const ink = colour('--jp-ui-font-color1') || '#333';
  const line = colour('--jp-border-color2') || '#ddd';
  const themed = {
    ...layout,
    paper_bgcolor: 'rgba(0,0,0,0)',
    plot_bgcolor: 'rgba(0,0,0,0)',
    font: {...layout.font, color: ink},
    uirevision: 'kept',
  };
  const lines = {gridcolor: line, zerolinecolor: line, linecolor: line};
  for (const k of Object.keys(themed)) {
    if (/^[xy]axis/.test(k)) themed[k] = {...themed[k], ...lines};
  }
  return themed;
}
async function render({model, el}) {
  const plot = document.createElement('div');
  plot.className = 'palmtl-chart';
  el.append(plot);
  const Plotly = await library(model);
  const draw = () => {
    const {data, layout} = model.get('figure');
    plot.setAttribute('role', 'figure');
    plot.setAttribute('aria-label', (layout.title?.text ?? 'chart').replace(/<[^>]*>/g, ' '));
    drawIn(plot, data, withTheme(layout), {responsive: true, displaylogo: false});
  };
  draw();
  model.on('change:figure', draw);
  const size = new ResizeObserver(() => { // it may have been drawn before it had a width
    if (plot.offsetWidth) Plotly.Plots.resize(plot);
  });
  size.observe(plot);
  const theme = new MutationObserver(draw);
  const themeNames = ['data-jp-theme-name', 'data-jp-theme-light'];
  theme.observe(document.body, {attributes: true, attributeFilter: themeNames});
  return () => {
    model.off('change:figure', draw);
    theme.disconnect();
    size.disconnect();
    Plotly.purge(plot);
  };
}
