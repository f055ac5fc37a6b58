package unicorn

// Unicorn is one of those that were seen and can be ordered.
type Unicorn struct {
	ID    int    `json:"id"`
	Name  string `json:"name"`
	Place string `json:"place"`
	Coat  string `json:"coat"`  // a colour of CSS
	Price int    `json:"price"` // in stardust
}

// Herd is all of them; a unicorn's ID is its place in it.
var Herd = []Unicorn{
	{0, "Amalthea", "Lilac Wood", "#f4f1ff", 420},
	{1, "Bree", "Salt Marsh", "#ffe3ec", 310},
	{2, "Cinder", "Old Quarry", "#ffd9c2", 275},
	{3, "Dapple", "Mill Pond", "#e6e9f2", 350},
	{4, "Eos", "East Ridge", "#fff0c9", 505},
	{5, "Fjord", "Cold Bay", "#d5ecff", 390},
	{6, "Gossamer", "Birch Hollow", "#e3f7ec", 460},
	{7, "Halcyon", "King's Ford", "#d9f3f4", 330},
}

// Price is what a unicorn costs; a wrong version gets it wrong.
func Price(id int) int {
	p := Herd[id].Price
	if Is(Wrong) {
		return -p
	}
	return p
}
