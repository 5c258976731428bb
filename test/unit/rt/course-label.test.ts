import { inspect } from 'node:util';
import { expect, it } from 'vitest';

import { CourseLabel } from '../../../lib/rt/course-label.js';

it('a course is printed by a pseudonym, however it is printed, and revealed when asked', () => {
  const label = new CourseLabel({ patientId: 'MRN-4711', courseId: '2024-01' });
  expect(label.reveal()).toBe('MRN-4711/2024-01');
  for (const printed of [`${label}`, JSON.stringify({ deep: [{ label }] }), inspect({ label }), String([label])]) {
    expect(printed).not.toContain('4711');
    expect(printed).toMatch(/patient-[0-9a-f]{8}\/2024-01/);
  }
  expect(String(new CourseLabel('MRN-4711/2024-02'))).toBe(String(label).replace('2024-01', '2024-02'));
  expect(String(new CourseLabel('MRN-4712/2024-01'))).not.toBe(String(label));
});
