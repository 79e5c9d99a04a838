import * as vscode from 'vscode';
import type { PictureLink, SavedPart } from '../protocol';
import { command } from './command';
import { follow, type PageLinks } from './picture-links';
import { type Picture, PictureView } from './picture-view';
import type { Sessions } from './session';

/** What the page of a picture has besides its canvas. */
interface Page {
  /** What stands above it. */
  controls: string;
  /** What kind of thing the canvas is, and how it is used, for screen readers. */
  role: string;
  label: string;
  /** Columns of the table that says the same. */
  columns: readonly string[];
}

/** What stands in a picture's place until it has its first answer. */
const message = '<div id="message" role="status">Reading the machine…</div>';

const body = ({ controls, role, label, columns }: Page): string => `<header>${controls}</header>
${message}
<div id="box"><canvas id="picture" tabindex="0" role="application" aria-roledescription="${role}" aria-label="${label}" aria-describedby="line"></canvas></div>
<div id="line" role="status" aria-live="polite"></div>
<ul id="legend" aria-label="What is shown"></ul>
<table class="read-out"><caption>The same as a table</caption><thead><tr>${columns.map((column) => `<th>${column}</th>`).join('')}</tr></thead><tbody id="rows"></tbody></table>`;

/** Address Map: where each page of a process is. */
const addressMap: Picture<'hmm/addressMap'> = {
  viewId: 'hmm.addressMap',
  name: 'address-map',
  request: 'hmm/addressMap',
  body: body({
    controls:
      '<select id="process" aria-label="Process" hidden></select><button id="mirrors" aria-pressed="false">Device Mirrors</button><button id="out" hidden>Zoom Out</button>',
    role: 'map of pages',
    label:
      'Address map. Arrow keys move over the pages, Enter zooms in or opens one, W says why it is there, B tells its biography, M shows the mirrors of devices.',
    columns: ['Pages', 'Where'],
  }),
};

/** Frame Map: what each page frame of each zone and device is used for. */
const frameMap: Picture<'hmm/frameMap'> = {
  viewId: 'hmm.frameMap',
  name: 'frame-map',
  request: 'hmm/frameMap',
  body: body({
    controls: `<select id="colour" aria-label="Colour by"><option value="state">by state</option><option value="process">by process</option><option value="buffer">by buffer</option><option value="refcount">by refcount</option></select>
<input id="find" size="10" placeholder="pfn 0x…" aria-label="Go to a page frame number"><button id="out" hidden>Zoom Out</button>`,
    role: 'map of page frames',
    label:
      'Frame map. Arrow keys move over the frames, Enter zooms in or goes to the entry that maps one, B tells the biography of one.',
    columns: ['Frames', 'What they are used for'],
  }),
};

/** Timeline: what happened over time on each CPU, task and device. */
const timeline: Picture<'hmm/timeline'> = {
  viewId: 'hmm.timeline',
  name: 'timeline',
  request: 'hmm/timeline',
  body: body({
    controls: `<input type="range" id="now" min="0" aria-label="Time of the session"><output id="time"></output>
<button id="in" title="Zoom In (+)">+</button><button id="out" title="Zoom Out (-)">−</button><button id="all" title="Show All (0)">All</button>
<select id="lanes" aria-label="Lanes" hidden></select>`,
    role: 'timeline',
    label:
      'Timeline. Left and right go to the next event, up and down to another lane, plus and minus zoom, Enter goes to that time, O opens the page it is about, W says why that is there.',
    columns: ['Lane', 'Time', 'What'],
  }),
};

/** What the page of a picture of boxes and arrows has. */
const diagramBody = (label: string): string => `${message}
<div id="summary" role="status" aria-live="polite"></div>
<ol id="stages" aria-label="What has been done"></ol>
<div id="box"><div id="picture" tabindex="0" role="application" aria-roledescription="diagram" aria-label="${label}" aria-describedby="line"></div></div>
<div id="line" role="status" aria-live="polite"></div>
<table class="read-out"><caption>The same as a table</caption><thead><tr><th>What</th><th>How it is</th><th>Leads to</th></tr></thead><tbody id="rows"></tbody></table>`;

/** Fault Path: a pending fault, from the access to where its page goes. */
const faultPath: Picture<'hmm/faultPath'> = {
  viewId: 'hmm.faultPath',
  name: 'fault-path',
  request: 'hmm/faultPath',
  body: diagramBody(
    'Fault path. Arrow keys move over the boxes, Enter goes to what one stands for, Tab to what has been done.',
  ),
};

/** Wait Graph: who waits for whom. */
const waitGraph: Picture<'hmm/waitGraph'> = {
  viewId: 'hmm.waitGraph',
  name: 'wait-graph',
  request: 'hmm/waitGraph',
  body: diagramBody('Wait graph. Arrow keys move over the boxes, Enter goes to the line that a task is at.'),
};

/** Page Flow: which pages went to and fro, and how often. */
const pageFlow: Picture<'hmm/pageFlow'> = {
  viewId: 'hmm.pageFlow',
  name: 'page-flow',
  request: 'hmm/pageFlow',
  body: `${diagramBody(
    'Page flow. Arrow keys move over the places between which pages went; a table of the parts of buffers follows.',
  )}
<div id="blocks"><table><caption>Parts of buffers, of at most 2 MiB</caption><thead></thead><tbody></tbody></table><div id="left"></div></div>`,
};

type AnyView = Pick<PictureView<'hmm/timeline'>, 'isVisible' | 'title' | 'save'>;

/** The picture that can be seen; of several the one that is chosen. */
async function chosen(views: readonly AnyView[]): Promise<AnyView | undefined> {
  const visible = views.filter(({ isVisible }) => isVisible);
  if (visible.length === 0) throw new Error('Open a picture first, such as Address Map or Timeline.');
  if (visible.length === 1) return visible[0];
  const items = visible.map((view) => ({ label: view.title, view }));
  return (await vscode.window.showQuickPick(items, { title: 'Which Picture' }))?.view;
}

/** The pictures in their views. */
export function pictures(sessions: Sessions, extension: vscode.Uri, pages: PageLinks): vscode.Disposable[] {
  const links = (link: PictureLink) => follow(link, sessions, pages);
  const views = [
    new PictureView(sessions, extension, addressMap, links),
    new PictureView(sessions, extension, frameMap, links),
    new PictureView(sessions, extension, timeline, links),
    new PictureView(sessions, extension, faultPath, links),
    new PictureView(sessions, extension, waitGraph, links),
    new PictureView(sessions, extension, pageFlow, links),
  ];
  const save = async (what: SavedPart): Promise<void> => (await chosen(views))?.save(what);
  return [
    ...views,
    command('hmm.savePicture', () => save('picture')),
    command('hmm.saveTable', () => save('table')),
  ];
}
