import { DiagramView } from '../kit/diagram/view';

new DiagramView();
