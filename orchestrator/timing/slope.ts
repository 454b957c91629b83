/** Straight lines through measurements. */

/**
 * The slope of the line with the least squares through values that were taken at equal steps, per step; 0 for fewer
 * than two.
 */
export function slopePerStep(values: readonly number[]): number {
  const meanStep = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let product = 0;
  let square = 0;
  for (const [step, value] of values.entries()) {
    product += (step - meanStep) * (value - mean);
    square += (step - meanStep) ** 2;
  }
  return square === 0 ? 0 : product / square;
}
