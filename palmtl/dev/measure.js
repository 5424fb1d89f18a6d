// What a plotly figure looks like once it is drawn: texts, axes, marks and lines, in pixels.
function palmtlTexts(root) {
  const kinds = {
    '.gtitle': 'title', '.legend': 'legend', '.annotation': 'annotation', '.colorbar': 'colour bar',
    '.heatmap-label': 'cell', '.bartext': 'mark', '.textpoint': 'mark', '.slicetext': 'mark',
    '.angularaxis': 'tick', '.radialaxis': 'tick', '[class*=title]': 'axis title', '[class*=tick]': 'tick',
  };
  const hidden = e => {
    const style = getComputedStyle(e);
    return style.visibility === 'hidden' || style.display === 'none';
  };
  const opacity = e => {
    let out = 1;
    for (; e && e !== root; e = e.parentElement) out *= parseFloat(getComputedStyle(e).opacity);
    return out;
  };
  const found = [];
  for (const e of root.querySelectorAll('text')) {
    if (!e.textContent.trim() || e.closest('.hoverlayer') || hidden(e)) continue;
    const box = e.getBBox(), shown = opacity(e);
    if (!box.width || !shown) continue;
    const at = e.getScreenCTM(), inset = 0.12 * box.height; // a line's box is higher than its ink
    const [x0, x1] = [box.x, box.x + box.width];
    const [y0, y1] = [box.y + inset, box.y + box.height - inset];
    const quad = [[x0, y0], [x1, y0], [x1, y1], [x0, y1]].map(([x, y]) => {
      const p = new DOMPoint(x, y).matrixTransform(at);
      return [p.x, p.y];
    });
    const style = getComputedStyle(e);
    const kind = Object.keys(kinds).find(k => e.closest(k));
    const back = e.closest('.annotation')?.querySelector('rect.bg');
    const clip = e.closest('[clip-path]')?.getAttribute('clip-path').match(/#([^"')]+)/);
    const rect = clip && document.getElementById(clip[1])?.querySelector('rect');
    const group = e.closest('[clip-path]');
    let inside = null;
    if (rect && group) {
      const m = group.getScreenCTM(), r = rect.getBBox();
      inside = [r.x + m.e, r.y + m.f, r.x + r.width + m.e, r.y + r.height + m.f];
    }
    found.push({
      text: e.textContent, kind: kinds[kind] ?? 'text', quad, inside, colour: style.fill,
      alpha: shown * parseFloat(style.fillOpacity),
      covers: Boolean(back && parseFloat(getComputedStyle(back).fillOpacity) > 0.5),
    });
  }
  for (const e of root.querySelectorAll('.modebar-group')) {
    const r = e.getBoundingClientRect();
    const quad = [[r.left, r.top], [r.right, r.top], [r.right, r.bottom], [r.left, r.bottom]];
    if (r.width) found.push({text: 'mode bar', kind: 'mode bar', quad, inside: null, covers: true});
  }
  return found;
}
function palmtlPanels(plot) {
  const full = plot._fullLayout;
  const axis = id => full[id[0] + 'axis' + id.slice(1)];
  const panels = {};
  for (const name of full._subplots.cartesian ?? []) {
    const [x, y] = [name.slice(0, name.indexOf('y')), name.slice(name.indexOf('y'))].map(axis);
    const box = [x._offset, y._offset, x._offset + x._length, y._offset + y._length];
    const axes = [x, y].filter(a => a.visible !== false).map(a => {
      const texts = [...plot.querySelectorAll(`.${a._id}tick text`)];
      return {
        id: a._id, type: a.type, bare: a.showticklabels === false, given: a.tickmode === 'array',
        categories: a.type === 'category' && a.tickmode !== 'array' ? a._categories.length : 0,
        labels: texts.map(t => t.textContent).filter(t => t.trim()),
      };
    });
    panels[name] = {box, axes, traces: 0};
  }
  return panels;
}
function palmtlMarks(plot, panels) { // where each trace's points stand, clipped or not
  const full = plot._fullLayout, marks = [];
  for (const cd of plot.calcdata) {
    const trace = cd[0]?.trace;
    if (!trace || trace.visible !== true) continue;
    if (trace.type === 'scatterpolar') {
      const range = full[trace.subplot].radialaxis.range;
      const radii = cd.map(d => d.r).filter(Number.isFinite);
      const out = radii.filter(r => r < Math.min(...range) || r > Math.max(...range)).length;
      marks.push({name: trace.name ?? '', points: radii.length, outside: out});
      continue;
    }
    const panel = panels[(trace.xaxis ?? '') + (trace.yaxis ?? '')];
    if (!panel) continue;
    const [x, y] = [trace.xaxis, trace.yaxis].map(id => full[id[0] + 'axis' + id.slice(1)]);
    let points = [];
    if (trace.type === 'scatter') points = cd.map(d => [d.x, d.y]);
    else if (trace.type === 'bar') {
      points = cd.map(d => trace.orientation === 'h' ? [d.s1, d.p] : [d.p, d.s1]);
    } else { // a heat map or a box fills what it fills
      panel.traces += 1;
      continue;
    }
    const known = (v, axis) => {
      return v !== undefined && v !== null && Number.isFinite(+v) && (axis.type !== 'log' || v > 0);
    };
    points = points.filter(p => known(p[0], x) && known(p[1], y)).map(p => [x.c2p(p[0]), y.c2p(p[1])]);
    if (points.length) panel.traces += 1;
    points = points.filter(p => Number.isFinite(p[0]) && Number.isFinite(p[1]));
    const bad = (v, axis) => !(v > -2 && v < axis._length + 2);
    const outside = points.filter(p => bad(p[0], x) || bad(p[1], y)).length;
    marks.push({name: trace.name ?? '', points: points.length, outside});
  }
  for (const e of plot.querySelectorAll('.errorbar path')) {
    const r = e.getBoundingClientRect(), mid = [(r.left + r.right) / 2, (r.top + r.bottom) / 2];
    const above = ({box: b}) => Math.max(b[1] - mid[1], mid[1] - b[3], 0); // pixels from a panel
    const [home] = Object.values(panels).filter(({box: b}) => mid[0] >= b[0] && mid[0] <= b[2])
      .sort((p, q) => above(p) - above(q));
    if (!home) continue;
    const [a, b, c, d] = home.box;
    const outside = r.left < a - 2 || r.right > c + 2 || r.top < b - 2 || r.bottom > d + 2;
    marks.push({name: 'a whisker', points: 1, outside: Number(outside)});
  }
  return marks;
}
function palmtlLines(plot, panels) { // points of the lines and marks that are drawn
  const out = [];
  const boxes = Object.values(panels).map(p => p.box);
  const seen = (x, y) => {
    return !boxes.length || boxes.some(b => x >= b[0] && x <= b[2] && y >= b[1] && y <= b[3]);
  };
  const lines = '.scatterlayer path.js-line, .errorbar path, .polarlayer path.js-line';
  for (const e of plot.querySelectorAll(lines)) {
    const style = getComputedStyle(e), at = e.getScreenCTM(), length = e.getTotalLength();
    if (!parseFloat(style.strokeWidth) || style.stroke === 'none' || !length) continue;
    const every = Math.max(2, length / 4000);
    for (let s = 0; s <= length; s += every) {
      const p = e.getPointAtLength(s).matrixTransform(at);
      if (seen(p.x, p.y)) out.push([p.x, p.y]);
    }
  }
  for (const e of plot.querySelectorAll('.scatterlayer .point')) {
    const r = e.getBoundingClientRect();
    if (r.width) out.push([(r.left + r.right) / 2, (r.top + r.bottom) / 2]);
  }
  return out;
}
async function palmtlMeasure(figure, width, themed, again) { // again: in the place of the last one
  const plot = document.getElementById('plot');
  if (!again) plot.palmtlKind = null;
  const height = figure.layout.height ?? 450;
  plot.style.width = width + 'px';
  plot.style.height = height + 'px';
  const layout = {...(themed ? withTheme(figure.layout) : figure.layout), width, height};
  const config = {displaylogo: false, displayModeBar: true, ...figure.config};
  await drawIn(plot, figure.data, layout, config);
  const panels = palmtlPanels(plot);
  const marks = palmtlMarks(plot, panels);
  const heat = plot.querySelectorAll('.heatmaplayer image').length;
  const texts = palmtlTexts(plot);
  return {width, height, panels: Object.values(panels), marks, heat, texts, lines: palmtlLines(plot, panels)};
}
async function palmtlPixels(base64, points) { // colours of a picture at these points
  const image = new Image();
  image.src = 'data:image/png;base64,' + base64;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = image.width;
  canvas.height = image.height;
  const context = canvas.getContext('2d', {willReadFrequently: true});
  context.drawImage(image, 0, 0);
  const all = context.getImageData(0, 0, canvas.width, canvas.height).data;
  return points.map(([x, y]) => {
    const [i, j] = [Math.round(x), Math.round(y)];
    if (i < 0 || j < 0 || i >= canvas.width || j >= canvas.height) return null;
    const k = 4 * (j * canvas.width + i);
    return [all[k], all[k + 1], all[k + 2]];
  });
}
