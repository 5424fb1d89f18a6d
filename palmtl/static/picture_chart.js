async function renderWithPictures({model, el}) {
  const end = await render({model, el});
  const take = async () => {
    const {format, width, height, turn} = model.get('ask');
    const {data, layout} = model.get('figure');
    if (!format) return;
    const answer = {kind: 'picture', turn};
    const figure = {data, layout: {...layout, paper_bgcolor: '#fff'}};
    const scale = format === 'png' ? 2 : 1;
    try {
      answer.url = await window.Plotly.toImage(figure, {format, width, height, scale});
    } catch (e) {
      answer.problem = String(e);
    }
    model.send(answer);
  };
  model.on('change:ask', take);
  take(); // what was asked before this view was there
  return () => {
    model.off('change:ask', take);
    end?.();
  };
}
export default { render: renderWithPictures };
