function render({model, el}) {
  const box = document.createElement('div'), table = document.createElement('table'), head = document.createElement('thead'), body = document.createElement('tbody');
  box.className = 'palmtl-runs'; table.append(head, body); box.append(table); el.append(box);
  const make = (tag, text, into) => { const e = document.createElement(tag); e.textContent = text; into.append(e); return e; };
  const toggle = key => { const now = model.get('chosen'); model.set('chosen', now.includes(key) ? now.filter(k => k !== key) : [...now, key]); model.save_changes(); };
  const mark = () => { const now = new Set(model.get('chosen')); for (const r of body.children) { r.classList.toggle('chosen', now.has(r.key)); r.querySelector('input').checked = now.has(r.key); } };
  const draw = () => {
    const [by, up] = model.get('sort');
    head.replaceChildren(); body.replaceChildren();
    const top = make('tr', '', head); make('th', '', top);
    for (const name of model.get('head')) {
      const cell = make('th', '', top), press = make('button', name + (name === by ? (up ? ' ▲' : ' ▼') : ''), cell);
      cell.setAttribute('aria-sort', name === by ? (up ? 'ascending' : 'descending') : 'none');
      press.onclick = () => { model.set('sort', [name, name === by ? !up : true]); model.save_changes(); };
    }
    for (const [key, usable, right, cells] of model.get('body')) {
      const row = make('tr', '', body), tick = make('input', '', make('td', '', row));
      row.key = key; tick.type = 'checkbox'; tick.disabled = !usable; tick.setAttribute('aria-label', 'choose ' + cells[0]);
      row.classList.toggle('unusable', !usable);
      tick.onclick = e => { e.stopPropagation(); toggle(key); };
      if (usable) row.onclick = () => { if (!String(getSelection())) toggle(key); };
      cells.forEach((text, i) => { const cell = make('td', text, row); if (right[i]) cell.classList.add('number'); cell.title = text; });
    }
    mark();
  };
  draw();
  model.on('change:head change:body change:sort', draw); model.on('change:chosen', mark);
}
export default { render };
