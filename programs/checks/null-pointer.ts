/** Reads a field of an object that is not there. */
@unmanaged
class Shape {
  corners: i32 = 0;
  sides: i32 = 0;
}

function sidesOf(shape: Shape): i32 {
  return shape.sides;
}

export function main(): i32 {
  console.log("before");
  return sidesOf(changetype<Shape>(0));
}
