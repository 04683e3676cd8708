// The peers of guest/floats.ts.

static uint64_t bitsOf(double value) {
  uint64_t bits;
  __builtin_memcpy(&bits, &value, 8);
  return bits;
}

void fillFloats(double *numbers, uint32_t count, uint32_t seed) {
  uint32_t x = seed;
  for (uint32_t i = 0; i < count; i++) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    numbers[i] = (double)(int32_t)x * (1.0 / 2147483648.0);
  }
}

uint64_t dotProduct(const double *a, const double *b, uint32_t count) {
  double sum = 0;
  for (uint32_t i = 0; i < count; i++) sum += a[i] * b[i];
  return bitsOf(sum);
}

void multiplyFloats(double *product, const double *left, const double *right, uint32_t size) {
  for (uint32_t row = 0; row < size; row++) {
    for (uint32_t column = 0; column < size; column++) {
      double sum = 0;
      for (uint32_t k = 0; k < size; k++) sum += left[row * size + k] * right[k * size + column];
      product[row * size + column] = sum;
    }
  }
}

void polynomial(double *results, const double *values, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    const double x = values[i];
    const double y = x * x;
    double sum = y * (-1.0 / 39916800.0) + 1.0 / 362880.0;
    sum = sum * y - 1.0 / 5040.0;
    sum = sum * y + 1.0 / 120.0;
    sum = sum * y - 1.0 / 6.0;
    results[i] = (sum * y + 1.0) * x;
  }
}

typedef struct {
  double x, y, z, vx, vy, vz, mass, unused;
} Body;

static void attract(Body *a, Body *b, double time) {
  const double dx = a->x - b->x;
  const double dy = a->y - b->y;
  const double dz = a->z - b->z;
  const double square = dx * dx + dy * dy + dz * dz + 0.01;
  const double pull = time / (square * __builtin_sqrt(square));
  a->vx -= dx * b->mass * pull;
  a->vy -= dy * b->mass * pull;
  a->vz -= dz * b->mass * pull;
  b->vx += dx * a->mass * pull;
  b->vy += dy * a->mass * pull;
  b->vz += dz * a->mass * pull;
}

void moveBodies(Body *bodies, uint32_t count, uint32_t steps) {
  const double time = 0.01;
  for (uint32_t step = 0; step < steps; step++) {
    for (uint32_t i = 0; i < count; i++)
      for (uint32_t j = i + 1; j < count; j++) attract(&bodies[i], &bodies[j], time);
    for (uint32_t i = 0; i < count; i++) {
      bodies[i].x += time * bodies[i].vx;
      bodies[i].y += time * bodies[i].vy;
      bodies[i].z += time * bodies[i].vz;
    }
  }
}

uint32_t mandelbrot(uint32_t size, uint32_t limit) {
  uint32_t total = 0;
  for (uint32_t row = 0; row < size; row++) {
    for (uint32_t column = 0; column < size; column++) {
      const double cx = (double)column * 3.0 / (double)size - 2.0;
      const double cy = (double)row * 2.0 / (double)size - 1.0;
      double x = 0, y = 0;
      uint32_t n = 0;
      while (n < limit) {
        const double xx = x * x, yy = y * y;
        if (xx + yy > 4.0) break;
        y = x * y * 2.0 + cy;
        x = xx - yy + cx;
        n++;
      }
      total += n;
    }
  }
  return total;
}

void samples(int16_t *results, const double *values, uint32_t count) {
  float level = 0;
  for (uint32_t i = 0; i < count; i++) {
    level += ((float)values[i] - level) * 0.25f;
    results[i] = (int16_t)(int32_t)(level * 32767);
  }
}

static double curve(double x) { return 1.0 / (1.0 + x * x * 25.0); }

static double simpson(double low, double high, double atLow, double atMiddle, double atHigh) {
  return (high - low) / 6.0 * (atLow + atMiddle * 4.0 + atHigh);
}

static double integrate(double low, double high, double atLow, double atMiddle, double atHigh, double whole,
                        double error) {
  const double middle = (low + high) * 0.5;
  const double atLeft = curve((low + middle) * 0.5);
  const double atRight = curve((middle + high) * 0.5);
  const double left = simpson(low, middle, atLow, atLeft, atMiddle);
  const double right = simpson(middle, high, atMiddle, atRight, atHigh);
  const double difference = left + right - whole;
  if (__builtin_fabs(difference) <= error) return left + right;
  return integrate(low, middle, atLow, atLeft, atMiddle, left, error * 0.5) +
         integrate(middle, high, atMiddle, atRight, atHigh, right, error * 0.5);
}

uint64_t quadrature(uint32_t parts) {
  const double low = -1, high = 1;
  const double atLow = curve(low), atMiddle = curve(0), atHigh = curve(high);
  const double whole = simpson(low, high, atLow, atMiddle, atHigh);
  return bitsOf(integrate(low, high, atLow, atMiddle, atHigh, whole, 1.0 / (double)parts));
}
