/**
 * The screen of one course: niivue draws image and dose; structures and isodose lines are drawn over it as the lines
 * that the server cuts, in patient millimetres. Voxels come in slabs, the middle first.
 */
import { DRAG_MODE, Niivue, NVImage, SLICE_TYPE } from './niivue.js';

const byId = (id) => document.getElementById(id);
const all = (selector) => [...document.querySelectorAll(selector)];
const scene = JSON.parse(byId('scene-data').textContent);
const screen = document.querySelector('.screen');
const canvas = byId('gl');
const overlay = byId('lines');

const PLANES = ['axial', 'coronal', 'sagittal'];
/** Axes of the page's lines in patient space: axial (x, y), coronal (x, z), sagittal (y, z), and the one across. */
const AXES = { axial: [0, 1, 2], coronal: [0, 2, 1], sagittal: [1, 2, 0] };
const LINE_UNITS_PER_MM = 100;
const SMALL = matchMedia('(max-width: 720px)');

function say(text) {
  const message = document.querySelector('.message');
  message.hidden = text === '';
  message.textContent = text;
}

// Pictures -------------------------------------------------------------------------------------------------------------

const nv = new Niivue({
  backColor: [0, 0, 0, 1],
  // Crosshair and letters are drawn with the lines, in the same weight at every size.
  crosshairWidth: 0,
  dragAndDropEnabled: false,
  isForceMouseClickToVoxelCenters: true,
  isOrientationTextVisible: false,
  isRadiologicalConvention: true,
  isSliceMM: true,
  loadingText: '',
  logLevel: 'silent',
  mouseEventConfig: {
    leftButton: { primary: DRAG_MODE.crosshair, withShift: DRAG_MODE.pan },
    rightButton: DRAG_MODE.windowing,
    centerButton: DRAG_MODE.pan,
  },
  multiplanarShowRender: 0,
  sagittalNoseLeft: true,
  show3Dcrosshair: false,
  tileMargin: 0,
  trustCalMinMax: true,
});

/**
 * The wash has the colour of each isodose line where that line runs, and none below the first: lines and wash are read
 * with one key. Black below where there is no image behind.
 */
function washColormap() {
  const { levels, image } = scene;
  const colors = levels.length > 1 ? levels.map(({ color }) => color) : ['#4f8fe8', '#54c66f', '#f0d43c', '#f2564d'];
  const doses = levels.length > 1 ? levels.map(({ gy }) => gy) : colors.map((_, index) => index);
  const [low, high] = [doses[0], doses.at(-1)];
  const at = doses.map((gy, index) => Math.max(index + 1, Math.round((255 * (gy - low)) / (high - low))));
  const channel = (offset) => colors.map((color) => Number.parseInt(color.slice(offset, offset + 2), 16));
  const below = (values) => [image ? values[0] : 0, ...values];
  return {
    R: below(channel(1)),
    G: below(channel(3)),
    B: below(channel(5)),
    A: [0, ...colors.map(() => 255)],
    I: [0, ...at],
  };
}

function decode(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** Planes as they lie on the screen. */
function layout(kind) {
  if (kind !== 'all') {
    nv.setCustomLayout([{ sliceType: SLICE_TYPE[kind.toUpperCase()], position: [0, 0, 1, 1] }]);
    return;
  }
  const isTall = screen.clientHeight > screen.clientWidth;
  nv.setCustomLayout(
    isTall
      ? [
          { sliceType: SLICE_TYPE.AXIAL, position: [0, 0, 1, 0.6] },
          { sliceType: SLICE_TYPE.CORONAL, position: [0, 0.605, 0.4975, 0.395] },
          { sliceType: SLICE_TYPE.SAGITTAL, position: [0.5025, 0.605, 0.4975, 0.395] },
        ]
      : [
          { sliceType: SLICE_TYPE.AXIAL, position: [0, 0, 0.6, 1] },
          { sliceType: SLICE_TYPE.CORONAL, position: [0.603, 0, 0.397, 0.4975] },
          { sliceType: SLICE_TYPE.SAGITTAL, position: [0.603, 0.5025, 0.397, 0.4975] },
        ],
  );
}

const chosenPlanes = () => document.querySelector('input[name=planes]:checked')?.value ?? 'all';
const leadingPlane = () => (chosenPlanes() === 'all' ? 'axial' : chosenPlanes());

/** An image whose voxels are still to come: everything is at the lowest value. */
async function emptyLayer(about, colormap, opacity) {
  const header = decode(about.header);
  const buffer = new ArrayBuffer(header.length + about.bytes);
  new Uint8Array(buffer).set(header);
  const kinds = { uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array, float32: Float32Array };
  new kinds[about.dtype](buffer, header.length).fill(about.floor);
  const [low, high] = about.window;
  const volume = await NVImage.new(buffer, `${about.name}.nii`, colormap, opacity, null, low, high, true);
  volume.cal_min = low;
  volume.cal_max = high;
  [volume.global_min, volume.global_max] = about.range;
  return volume;
}

const progress = { done: 0, total: 0 };

function showProgress(bytes) {
  progress.done += bytes;
  const bar = document.querySelector('.loading');
  bar.firstElementChild.style.width = `${(100 * progress.done) / progress.total}%`;
  if (progress.done >= progress.total) {
    bar.hidden = true;
    document.documentElement.dataset.viewer = 'complete';
  }
}

/** Slabs of whole slices, those around `first` before the others. */
function slabsFrom(about, first) {
  const slabs = [];
  for (let from = 0; from < about.slices; from += about.slabSlices) {
    slabs.push({ from, to: Math.min(from + about.slabSlices, about.slices) });
  }
  const distance = ({ from, to }) => Math.abs((from + to) / 2 - first);
  return slabs.sort((a, b) => distance(a) - distance(b));
}

const FETCHES_AT_ONCE = 3;
const REDRAWN_MS = 700;

/** Fills a layer; `shown` is called after the first slab and then seldom, as each call moves the whole volume. */
async function fill(kind, volume, about, first, shown) {
  const target = new Uint8Array(volume.img.buffer, volume.img.byteOffset, volume.img.byteLength);
  const slabs = slabsFrom(about, first);
  let last = 0;
  async function take() {
    for (let slab = slabs.shift(); slab; slab = slabs.shift()) {
      const [from, to] = [slab.from * about.sliceBytes, slab.to * about.sliceBytes];
      const response = await fetch(kind, { headers: { Range: `bytes=${from}-${to - 1}` } });
      if (response.status !== 206) throw new Error(`The ${kind} could not be read (${response.status})`);
      target.set(new Uint8Array(await response.arrayBuffer()), from);
      showProgress(to - from);
      if (slabs.length > 0 && performance.now() - last > REDRAWN_MS) {
        shown();
        last = performance.now();
      }
    }
  }
  await Promise.all(Array.from({ length: FETCHES_AT_ONCE }, take));
}

// Lines over the pictures ----------------------------------------------------------------------------------------------

const show = { outlines: true, isodoses: true };
const hiddenRois = new Set();
const hiddenLevels = new Set();
let probeGy;
const cuts = new Map();
const CUTS_KEPT = 400;
/** By plane: what is being asked for, and what is wanted after it. */
const asking = new Map();

/** Lines as paths in millimetres, made once. */
function pathOf(lines) {
  const path = new Path2D();
  for (const line of lines) {
    const end = line.length - 2;
    const isClosed = line.length > 6 && line[0] === line[end] && line[1] === line[end + 1];
    for (let at = 0; at < line.length; at += 2) {
      const [u, v] = [line[at] / LINE_UNITS_PER_MM, line[at + 1] / LINE_UNITS_PER_MM];
      if (at === 0) path.moveTo(u, v);
      else if (at === end && isClosed) path.closePath();
      else path.lineTo(u, v);
    }
  }
  return path;
}

const keyOf = (plane, mm) => `${plane} ${mm.toFixed(2)} ${probeGy ?? ''}`;

function want(plane, mm) {
  const key = keyOf(plane, mm);
  if (cuts.has(key)) return cuts.get(key);
  const state = asking.get(plane);
  if (state) state.next = mm;
  else void ask(plane, mm);
  return undefined;
}

async function ask(plane, mm) {
  const key = keyOf(plane, mm);
  const state = {};
  asking.set(plane, state);
  try {
    const probe = probeGy === undefined ? '' : `&gy=${probeGy}`;
    const response = await fetch(`cut?plane=${plane}&mm=${mm.toFixed(3)}${probe}`);
    const cut = response.ok ? await response.json() : { outlines: [], isodoses: [] };
    if (cuts.size >= CUTS_KEPT) cuts.delete(cuts.keys().next().value);
    cuts.set(key, {
      outlines: cut.outlines.map(({ roi, lines }) => ({ roi, path: pathOf(lines) })),
      isodoses: cut.isodoses.map(({ level, lines }) => ({ level, path: pathOf(lines) })),
    });
  } catch {
    cuts.set(key, { outlines: [], isodoses: [] });
  }
  asking.delete(plane);
  if (state.next !== undefined) want(plane, state.next);
  paint();
}

/** Where the crosshair is, in patient millimetres (LPS). */
function crosshairMm() {
  const [r, a, s] = nv.frac2mm(nv.scene.crosshairPos);
  return [-r, -a, s];
}

/** Where a tile is on the screen; a mirrored one has a negative width. */
function tileBox({ leftTopWidthHeight: [left, top, width, height] }) {
  return { left: Math.min(left, left + width), top, width: Math.abs(width), height };
}

/** From (u, v) of a plane in millimetres to pixels of the screen, by what three points inside its tile show. */
function tileMatrix(tile, index, plane) {
  const box = tileBox(tile);
  const [x0, y0] = [box.left + box.width / 4, box.top + box.height / 4];
  const [across, down] = [box.width / 2, box.height / 2];
  const at = (x, y) => {
    const [r, a, s] = nv.frac2mm(nv.screenXY2TextureFrac(x, y, index, false));
    const mm = [-r, -a, s];
    return [mm[AXES[plane][0]], mm[AXES[plane][1]]];
  };
  const [origin, right, below] = [at(x0, y0), at(x0 + across, y0), at(x0, y0 + down)];
  const inverse = new DOMMatrix([
    (right[0] - origin[0]) / across,
    (right[1] - origin[1]) / across,
    (below[0] - origin[0]) / down,
    (below[1] - origin[1]) / down,
    0,
    0,
  ]).inverse();
  const offset = inverse.transformPoint(new DOMPoint(origin[0], origin[1]));
  return new DOMMatrix([inverse.a, inverse.b, inverse.c, inverse.d, x0 - offset.x, y0 - offset.y]);
}

function strokePath(context, path, matrix, color, width, dash) {
  const placed = new Path2D();
  placed.addPath(path, matrix);
  context.setLineDash(dash);
  // A dark edge keeps a line visible on bright bone and in the wash.
  context.strokeStyle = 'rgba(0, 0, 0, 0.5)';
  context.lineWidth = width + 1.2 * devicePixelRatio;
  if (dash.length === 0) context.stroke(placed);
  context.strokeStyle = color;
  context.lineWidth = width;
  context.stroke(placed);
}

/** Left, right, top, bottom of the screen in the patient: as films are hung. */
const SIDES = { axial: 'RLAP', coronal: 'RLSI', sagittal: 'APSI' };

function label(context, { left, top, width, height }, plane, position) {
  const scale = devicePixelRatio;
  const inset = 14 * scale;
  context.setLineDash([]);
  context.shadowColor = '#000';
  context.shadowBlur = 4 * scale;
  context.fillStyle = '#dfe5e8';
  context.textBaseline = 'middle';
  context.font = `${12 * scale}px ${getComputedStyle(document.body).fontFamily}`;
  context.textAlign = 'left';
  const name = `${plane[0].toUpperCase()}${plane.slice(1)}, ${'xyz'[AXES[plane][2]]} ${figure(position, 1)} mm`;
  context.fillText(name, left + 10 * scale, top + inset);
  context.textAlign = 'center';
  context.font = `600 ${13 * scale}px ${getComputedStyle(document.body).fontFamily}`;
  const [l, r, t, b] = SIDES[plane];
  context.fillText(l, left + inset, top + height / 2);
  context.fillText(r, left + width - inset, top + height / 2);
  context.fillText(t, left + width / 2, top + inset);
  context.fillText(b, left + width / 2, top + height - inset);
  context.shadowBlur = 0;
}

/** Two thin lines that leave the place itself free. */
function crosshair(context, { left, top, width, height }, matrix, [u, v]) {
  const { x, y } = matrix.transformPoint(new DOMPoint(u, v));
  const gap = 9 * devicePixelRatio;
  context.strokeStyle = 'rgba(255, 255, 255, 0.6)';
  context.lineWidth = devicePixelRatio;
  context.beginPath();
  for (const [from, to] of [
    [left, x - gap],
    [x + gap, left + width],
  ]) {
    if (to > from) {
      context.moveTo(from, y);
      context.lineTo(to, y);
    }
  }
  for (const [from, to] of [
    [top, y - gap],
    [y + gap, top + height],
  ]) {
    if (to > from) {
      context.moveTo(x, from);
      context.lineTo(x, to);
    }
  }
  context.stroke();
}

function paint() {
  const [width, height] = [canvas.width, canvas.height];
  if (overlay.width !== width || overlay.height !== height) {
    overlay.width = width;
    overlay.height = height;
  }
  const context = overlay.getContext('2d');
  context.clearRect(0, 0, width, height);
  context.lineJoin = 'round';
  if (nv.volumes.length === 0) return;
  const mm = crosshairMm();
  const scale = devicePixelRatio;
  nv.screenSlices.forEach((tile, index) => {
    const plane = PLANES[tile.axCorSag];
    if (!plane) return;
    const { left, top, width: tileWidth, height: tileHeight } = tileBox(tile);
    context.save();
    context.beginPath();
    context.rect(left, top, tileWidth, tileHeight);
    context.clip();
    const position = mm[AXES[plane][2]];
    const matrix = tileMatrix(tile, index, plane);
    if (scene.rois.length > 0 || scene.levels.length > 0) {
      const cut = want(plane, position);
      if (cut) {
        for (const { level, path } of cut.isodoses) {
          if (level === -1) strokePath(context, path, matrix, '#ffffff', 1.6 * scale, []);
          else if (show.isodoses && !hiddenLevels.has(level)) {
            strokePath(context, path, matrix, scene.levels[level].color, 1.2 * scale, [5 * scale, 2.5 * scale]);
          }
        }
        for (const { roi, path } of cut.outlines) {
          if (show.outlines && !hiddenRois.has(roi)) {
            strokePath(context, path, matrix, scene.rois[roi].color, 1.6 * scale, []);
          }
        }
      }
    }
    label(context, tileBox(tile), plane, position);
    crosshair(
      context,
      tileBox(tile),
      matrix,
      AXES[plane].slice(0, 2).map((axis) => mm[axis]),
    );
    context.restore();
  });
}

// What is under the crosshair ------------------------------------------------------------------------------------------

const figure = (value, digits) => value.toFixed(digits).replace('-', '−');

/** A place (LPS) in voxels of a grid as they lie in memory; niivue counts them in another order. */
function voxelOf({ origin, spacing, direction }, mm) {
  return [0, 1, 2].map(
    (axis) =>
      mm.reduce((sum, value, row) => sum + direction[3 * row + axis] * (value - origin[row]), 0) / spacing[axis],
  );
}

/** The dose at a place, between its voxels as the curves take it; undefined outside the grid. */
function doseAt(mm) {
  const { img } = nv.volumes.find(({ name }) => name === `${scene.dose.name}.nii`);
  const { grid } = scene.dose;
  const [ni, nj] = grid.size;
  const at = voxelOf(grid, mm);
  const low = at.map((value, axis) => Math.max(0, Math.min(Math.floor(value), grid.size[axis] - 2)));
  if (!at.every((value, axis) => value >= 0 && value <= grid.size[axis] - 1)) return undefined;
  let gy = 0;
  for (let corner = 0; corner < 8; corner++) {
    const step = [corner & 1, (corner >> 1) & 1, corner >> 2];
    const weight = step.reduce((product, one, axis) => {
      const part = at[axis] - low[axis];
      return product * (one ? part : 1 - part);
    }, 1);
    const [i, j, k] = low.map((value, axis) => value + step[axis]);
    if (weight > 0) gy += weight * img[i + ni * (j + nj * k)];
  }
  return gy;
}

function readout(location) {
  const mm = crosshairMm();
  byId('at-mm').textContent = `${mm.map((value) => figure(value, 1)).join(', ')} mm`;
  const values = location?.values ?? [];
  const named = (about) => values.find(({ name }) => name === `${about?.name}.nii`)?.value;
  const [image, dose] = [scene.image && named(scene.image), scene.dose && doseAt(mm)];
  if (byId('at-value') && Number.isFinite(image)) {
    const isWhole = scene.image.unit === 'HU';
    byId('at-value').textContent = `${figure(image, isWhole ? 0 : 2)} ${scene.image.unit}`;
  }
  if (byId('at-gy') && dose === undefined) byId('at-gy').textContent = '–';
  if (byId('at-gy') && dose !== undefined) {
    const part = scene.rxGy ? `, ${figure((100 * dose) / scene.rxGy, 1)} %` : '';
    byId('at-gy').textContent = `${figure(dose, 2)} Gy${part}`;
    markDose(dose);
  }
  const [, , axis] = AXES[leadingPlane()];
  const slider = byId('slice');
  if (document.activeElement !== slider || !slider.matches(':active')) {
    slider.value = 1000 * nv.scene.crosshairPos[axis];
  }
  byId('slice-name').textContent = `${leadingPlane()[0].toUpperCase()}${leadingPlane().slice(1)}`;
}

/** The dose of a place in the chart. */
function markDose(gy) {
  const live = document.querySelector('.chart-live');
  const chart = live && window.echarts?.getInstanceByDom(live);
  if (!chart) return;
  const color = getComputedStyle(document.documentElement).getPropertyValue('--ink').trim();
  const line = (xAxis, type, width) => ({ xAxis, lineStyle: { color, type, width } });
  const data = [line(gy, [3, 3], 1)];
  if (probeGy !== undefined) data.push(line(probeGy, 'solid', 1.4));
  chart.setOption({
    series: [
      {
        id: 'viewer',
        type: 'line',
        data: [],
        silent: true,
        markLine: { silent: true, symbol: 'none', label: { show: false }, data },
      },
    ],
  });
}

/** To the middle of the voxel that holds the place, or of the nearest: picture and lines are of one plane. */
function moveTo(mm) {
  const inside = nv.mm2frac([-mm[0], -mm[1], mm[2]]).map((part) => Math.min(0.9999, Math.max(0.0001, part)));
  nv.scene.crosshairPos = nv.vox2frac(nv.frac2vox(inside));
  nv.createOnLocationChange();
  nv.drawScene();
}

function step(count) {
  const axis = AXES[leadingPlane()][2];
  const move = [0, 0, 0];
  move[axis] = count;
  nv.moveCrosshairInVox(...move);
}

// Controls -------------------------------------------------------------------------------------------------------------

function setProbe(gy) {
  probeGy = gy === undefined ? undefined : Number(gy.toFixed(2));
  document.querySelector('.levels .probe')?.remove();
  const list = document.querySelector('.levels');
  if (probeGy !== undefined && list) {
    const entry = document.createElement('li');
    entry.className = 'probe';
    const drop = document.createElement('button');
    drop.type = 'button';
    drop.className = 'plain';
    drop.textContent = 'Remove';
    drop.addEventListener('click', () => setProbe(undefined));
    entry.append(`White line: ${probeGy.toFixed(1)} Gy`, drop);
    list.append(entry);
  }
  nv.createOnLocationChange();
  paint();
}

function connect(volumes) {
  for (const input of all('input[name=planes]')) {
    input.addEventListener('change', () => {
      layout(chosenPlanes());
      nv.createOnLocationChange();
      nv.drawScene();
    });
  }
  byId('window')?.addEventListener('change', ({ target }) => {
    [volumes.image.cal_min, volumes.image.cal_max] = target.value.split(',').map(Number);
    nv.updateGLVolume();
  });
  const onCheck = (id, change) => byId(id)?.addEventListener('change', ({ target }) => change(target.checked));
  onCheck('show-outlines', (isOn) => {
    show.outlines = isOn;
    paint();
  });
  onCheck('show-isodoses', (isOn) => {
    show.isodoses = isOn;
    paint();
  });
  const wash = () => {
    const isOn = byId('show-wash').checked;
    nv.setOpacity(nv.volumes.indexOf(volumes.dose), isOn ? Number(byId('wash').value) / 100 : 0);
  };
  byId('wash')?.addEventListener('input', wash);
  byId('show-wash')?.addEventListener('change', wash);
  byId('slice').addEventListener('input', ({ target }) => {
    const part = [...nv.scene.crosshairPos];
    part[AXES[leadingPlane()][2]] = Number(target.value) / 1000;
    const [r, a, s] = nv.frac2mm(part);
    moveTo([-r, -a, s]);
  });
  byId('reset').addEventListener('click', () => {
    nv.setPan2Dxyzmm([0, 0, 0, 1]);
    moveTo(scene.centre);
  });
  canvas.addEventListener('keydown', (event) => {
    const steps = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 };
    if (!(event.key in steps)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    step(steps[event.key]);
  });
  canvas.addEventListener(
    'wheel',
    (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const [x, y, z, zoom] = nv.scene.pan2Dxyzmm;
      nv.setPan2Dxyzmm([x, y, z, Math.min(12, Math.max(0.5, zoom * Math.exp(-event.deltaY / 400)))]);
    },
    { capture: true, passive: false },
  );
  document.addEventListener('isovox:structures', ({ detail }) => {
    hiddenRois.clear();
    for (const [roi, isOn] of detail) if (!isOn) hiddenRois.add(roi);
    paint();
    nv.createOnLocationChange();
  });
  for (const input of all('input[data-level-toggle]')) {
    input.addEventListener('change', () => {
      const level = Number(input.dataset.levelToggle);
      if (input.checked) hiddenLevels.delete(level);
      else hiddenLevels.add(level);
      paint();
    });
  }
  let pointed;
  document.addEventListener('isovox:dose', ({ detail }) => {
    pointed = detail;
  });
  document.querySelector('.chart-live')?.addEventListener('click', () => {
    if (pointed !== undefined && scene.dose) setProbe(pointed);
  });
  new ResizeObserver(() => {
    if (chosenPlanes() === 'all') layout('all');
    requestAnimationFrame(() => nv.drawScene());
  }).observe(screen);
}

// Start ----------------------------------------------------------------------------------------------------------------

async function start() {
  if (!scene.image && !scene.dose) {
    document.querySelector('.loading').hidden = true;
    return;
  }
  if (!document.createElement('canvas').getContext('webgl2')) {
    say('This browser has no WebGL 2, which the pictures need.');
    return;
  }
  await nv.attachToCanvas(canvas, false);
  const draw = nv.drawScene.bind(nv);
  nv.drawScene = (...given) => {
    const result = draw(...given);
    paint();
    return result;
  };
  nv.onLocationChange = readout;
  nv.addColormap('isovox-wash', washColormap());
  if (SMALL.matches) document.querySelector('input[name=planes][value=axial]').checked = true;
  const volumes = {};
  progress.total = (scene.image?.bytes ?? 0) + (scene.dose?.bytes ?? 0);
  if (scene.image) {
    volumes.image = await emptyLayer(scene.image, 'gray', 1);
    nv.addVolume(volumes.image);
  }
  if (scene.dose) {
    const isAlone = !scene.image;
    volumes.dose = await emptyLayer(scene.dose, 'isovox-wash', isAlone ? 1 : 0.35);
    const [, maximum] = scene.dose.range;
    volumes.dose.cal_min = scene.levels.length > 1 ? scene.levels[0].gy : 0.1 * maximum;
    volumes.dose.cal_max = scene.levels.length > 1 ? scene.levels.at(-1).gy : maximum;
    nv.addVolume(volumes.dose);
  }
  layout(chosenPlanes());
  connect(volumes);
  moveTo(scene.centre);
  const shown = () => {
    nv.updateGLVolume();
    nv.createOnLocationChange();
  };
  if (scene.dose) await fill('dose', volumes.dose, scene.dose, scene.dose.slices / 2, () => {});
  if (scene.image) {
    await fill('image', volumes.image, scene.image, voxelOf(scene.image.grid, scene.centre)[2], shown);
  }
  shown();
}

start().catch((error) => say(`The pictures could not be shown: ${error.message}`));
