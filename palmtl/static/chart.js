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
function revision(data, layout) { // the same for figures of one kind: a reader's zoom stays there
  const axes = Object.keys(layout).filter(k => /^[xy]axis/.test(k)).sort();
  const titles = axes.map(k => layout[k].title?.text ?? layout[k].title ?? '');
  const kinds = [...new Set(data.map(t => t.type ?? 'scatter'))].sort();
  return JSON.stringify([kinds, axes, titles, layout.title?.text ?? '']);
}
function withTheme(layout, data) { // in the colours of the page
  const colour = name => getComputedStyle(document.body).getPropertyValue(name).trim();
  const ink = colour('--jp-ui-font-color1') || '#333';
  const line = colour('--jp-border-color2') || '#ddd';
  const themed = {
    ...layout,
    paper_bgcolor: 'rgba(0,0,0,0)',
    plot_bgcolor: 'rgba(0,0,0,0)',
    font: {...layout.font, color: ink},
    uirevision: revision(data, layout),
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
    Plotly.react(plot, data, withTheme(layout, data), {responsive: true, displaylogo: false});
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
