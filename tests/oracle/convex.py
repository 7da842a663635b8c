"""Certificates of contacts between convex shapes, from the shapes alone, in extended precision.

A contact claims a distance (negative: a depth), a place midway between the surfaces and a normal n from shape 1 to
shape 2. So it claims that w1 = pos - n dist/2 and w2 = pos + n dist/2 are the nearest (deepest) points. It is a
stationary point of the distance function

    s(n) = n.(c2 - c1) - h1(n) - h2(-n)        (h: support function of a shape about its centre c)

over the unit sphere, with s(n) = dist, just when w1 and w2 lie on the surfaces, n is in the normal cone of shape 1 at
w1 and -n in that of shape 2 at w2; their difference is parallel to n by construction. The true distance of separate
shapes, and minus the least depth of others, is the largest s: no other direction may be better.
"""
import numpy as np

REAL = np.longdouble
PLANE, HFIELD, SPHERE, CAPSULE, ELLIPSOID, CYLINDER, BOX, MESH = range(8)


class Shape:
    def __init__(self, kind, size, pos, mat):
        self.kind, self.size = int(kind), np.asarray(size, REAL)
        self.pos, self.mat = np.asarray(pos, REAL), np.asarray(mat, REAL).reshape(3, 3)
        for i in range(3):  # orthonormal to the precision used here, not only to that given
            for j in range(i):
                self.mat[:, i] -= self.mat[:, j] * (self.mat[:, i] @ self.mat[:, j])
            self.mat[:, i] /= np.sqrt(self.mat[:, i] @ self.mat[:, i])

    def turned(self, center, axis, angle):
        """the same shape turned about a point"""
        axis = np.asarray(axis, REAL) / np.sqrt((np.asarray(axis, REAL) ** 2).sum())
        def turn(v):
            along = axis[:, None] * (axis @ v)
            return along + (v - along) * np.cos(REAL(angle)) + np.cross(axis, v, axisb=0, axisc=0) * np.sin(REAL(angle))
        return Shape(self.kind, self.size, center + turn((self.pos - center)[:, None])[:, 0], turn(self.mat))

    def support(self, n):
        """h(n) for directions [..., 3]"""
        x, a = n @ self.mat, self.size
        if self.kind == SPHERE:
            return a[0] * np.sqrt((x * x).sum(-1))
        if self.kind == CAPSULE:
            return a[0] * np.sqrt((x * x).sum(-1)) + a[1] * np.abs(x[..., 2])
        if self.kind == ELLIPSOID:
            return np.sqrt(((x * a) ** 2).sum(-1))
        if self.kind == CYLINDER:
            return a[0] * np.sqrt(x[..., 0] ** 2 + x[..., 1] ** 2) + a[1] * np.abs(x[..., 2])
        return (np.abs(x) * a).sum(-1)

    def off_surface(self, w):
        """distance of a point from the surface, exact to first order"""
        x, a = (w - self.pos) @ self.mat, self.size
        if self.kind in (SPHERE, CAPSULE):
            return abs(np.sqrt((self.from_core(x) ** 2).sum()) - a[0])
        if self.kind == ELLIPSOID:
            gauge = np.sqrt(((x / a) ** 2).sum())
            return abs(gauge - 1) * gauge / np.sqrt(((x / a ** 2) ** 2).sum())
        beyond = self.beyond(x)
        return abs(beyond.max()) if beyond.max() <= 0 else np.sqrt((np.maximum(beyond, 0) ** 2).sum())

    def from_core(self, x):
        core = np.zeros(3, REAL)
        if self.kind == CAPSULE:
            core[2] = np.clip(x[2], -self.size[1], self.size[1])
        return x - core

    def beyond(self, x):
        """how far a point is beyond each pair of faces"""
        if self.kind == BOX:
            return np.abs(x) - self.size[:3]
        return np.array([np.sqrt(x[0] ** 2 + x[1] ** 2) - self.size[0], abs(x[2]) - self.size[1]])

    def off_normal(self, w, n, reach=1e-9):
        """sine of the angle between a unit vector and the normal cone at a point of the surface"""
        x, y = (w - self.pos) @ self.mat, n @ self.mat
        if self.kind in (SPHERE, CAPSULE):
            outward = [self.from_core(x)]
        elif self.kind == ELLIPSOID:
            outward = [x / self.size ** 2]
        elif self.kind == BOX:
            outward = [np.sign(x) * axis for axis, b in zip(np.eye(3, dtype=REAL), self.beyond(x)) if b > -reach]
        else:
            both = [np.array([x[0], x[1], 0], REAL), np.array([0, 0, x[2]], REAL)]
            outward = [axis for axis, b in zip(both, self.beyond(x)) if b > -reach]
        rest = y.copy()
        for axis in outward:  # those of one point are normal to each other
            axis = axis / np.sqrt(axis @ axis)
            rest -= max(y @ axis, REAL(0)) * axis
        return np.sqrt(rest @ rest)


def separation(one, two, n):
    return n @ (two.pos - one.pos) - one.support(n) - two.support(-n)


def directions(n, count, rng):
    """all around, and around n ever nearer"""
    far = rng.normal(size=(count, 3))
    near = n + rng.normal(size=(count, 3)) * 10.0 ** rng.uniform(-9, 0, (count, 1))
    both = np.concatenate([far, -far, near]).astype(REAL)
    return both / np.sqrt((both * both).sum(-1, keepdims=True))


def certify(one, two, dist, pos, normal, rng, count=500):
    """(distance off the surfaces [m], angle off the normal cones [rad], how much farther another direction separates [m])"""
    dist, pos, n = REAL(dist), np.asarray(pos, REAL), np.asarray(normal, REAL)
    n = n / np.sqrt(n @ n)
    w1, w2 = pos - n * dist / 2, pos + n * dist / 2
    surface = max(one.off_surface(w1), two.off_surface(w2))
    angle = max(one.off_normal(w1, n), two.off_normal(w2, -n))
    tried = directions(n, count, rng)
    for width in (0.3, 0.1, 0.03, 0.01, 0.003):  # the best directions found, refined
        best = tried[np.argsort(separation(one, two, tried))[-8:]]
        more = best[:, None] + width * rng.normal(size=(8, 24, 3))
        more = more.reshape(-1, 3) / np.sqrt((more.reshape(-1, 3) ** 2).sum(-1, keepdims=True))
        tried = np.concatenate([tried, more])
    better = separation(one, two, tried).max() - dist
    return float(surface), float(angle), float(better)


def certify_further(one, two, first, pos, normal, rng):
    """A further place where shapes with flat parts touch. MuJoCo defines it as the contact of the shapes turned against
    each other by a thousandth about a tangent of the first contact, one of four ways; its distance is the first's."""
    n, found = np.asarray(normal, REAL), []
    for axis in (first.frame[3:6], first.frame[6:9]):
        for angle in (-1e-3, 1e-3):
            turned = one.turned(first.pos, axis, angle), two.turned(first.pos, axis, -angle)
            dist = separation(*turned, n / np.sqrt(n @ n))
            found.append(certify(*turned, dist, pos, normal, rng, 50))
    return min(found, key=lambda numbers: max(numbers[:2]))


def terms(kind, size, mat):
    """a shape as a ball, an ellipsoid's axes times sizes by rows, and a segment"""
    if kind == CAPSULE:
        return size[0], None, size[1] * mat[:, 2]
    if kind == ELLIPSOID:
        return 0.0, (mat * size[:3]).T, None
    return size[0], None, None


def refine(kinds, sizes, poses, mats, normal):
    """The stationary point of s near a normal for spheres, capsules and ellipsoids, one of which has no segment: Newton's
    method on the sphere, or on the circle across the segment where its side touches. (dist, pos, normal)"""
    parts = [terms(k, s, m) for k, s, m in zip(kinds, sizes, mats)]
    rho = sum(p[0] for p in parts)
    axes = [p[1] for p in parts if p[1] is not None]
    segment = next((p[2] for p in parts if p[2] is not None), None)
    apart = poses[1] - poses[0]
    n = normal / np.sqrt(normal @ normal)
    on_side = segment is not None and abs(segment @ n) < 1e-3 * np.sqrt(segment @ segment)
    while True:
        n = climb(n, apart, axes, segment, on_side)
        supports = [a.T @ (a @ n) / np.sqrt((a @ n) @ (a @ n)) for a in axes]
        rest = apart - sum(supports)
        if segment is None:
            break
        z = (rest @ segment) / (segment @ segment) if on_side else np.sign(segment @ n)
        if abs(z) <= 1:
            rest = rest - z * segment
            break
        n, on_side = normal / np.sqrt(normal @ normal), False
    dist = rest @ n - rho
    middle = parts[0][0] * n + 0.5 * dist * n
    if parts[0][1] is not None:
        middle = middle + supports[0]
    if parts[0][2] is not None:
        middle = middle + z * segment
    return dist, poses[0] + middle, n


def climb(n, apart, axes, segment, on_side):
    if on_side:
        u = segment / np.sqrt(segment @ segment)
        n = n - u * (u @ n)
        n /= np.sqrt(n @ n)
    for _ in range(30):
        if on_side:
            tangents = np.cross(u, n)[None]
        else:
            e = np.eye(3)[np.argmin(np.abs(n))]
            t = np.cross(n, e) / np.sqrt(1 - (n @ e) ** 2)
            tangents = np.array([t, np.cross(n, t)])
        slope, bend = apart.copy(), 0.0
        for a in axes:
            y = a @ n
            length = np.sqrt(y @ y)
            w = tangents @ a.T
            slope -= a.T @ (y / length)
            bend = bend + w @ w.T / length - np.outer(w @ y, w @ y) / length ** 3
        if segment is not None and not on_side:
            slope -= np.sign(segment @ n) * segment
        step = np.linalg.solve(bend + (n @ slope) * np.eye(len(tangents)), tangents @ slope)
        n = n + step @ tangents
        n /= np.sqrt(n @ n)
        if abs(step).max() < 1e-15:
            break
    return n
