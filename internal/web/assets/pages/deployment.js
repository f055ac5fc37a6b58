export default function open() {}
